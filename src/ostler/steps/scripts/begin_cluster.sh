# ostler-begin-cluster: start this node of a Galera cluster; where it was the last to stop, it begins the cluster
set -eu
if systemctl is-active --quiet mariadb.service; then exit 0; fi
if grep -q '^safe_to_bootstrap: 1' /var/lib/mysql/grastate.dat 2> /dev/null; then
  exec galera_new_cluster
fi
exec systemctl start mariadb.service
