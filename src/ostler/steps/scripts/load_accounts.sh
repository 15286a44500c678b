# ostler-load-accounts FOLDER: make the accounts of FOLDER/accounts.sql on this server; the file goes in any case
set -eu
umask 077
cd "$1"
trap 'rm -f accounts.sql .errors' EXIT
trap 'exit 1' HUP INT TERM
rm -f accounts-loaded
# MariaDB's own words on an error may quote a statement: only its number and place are told.
if ! mariadb < accounts.sql 2> .errors; then
  sed -n 's/^\(ERROR [0-9]* ([0-9A-Z]*)\( at line [0-9]*\)\{0,1\}\).*/\1/p' .errors | head -5 >&2
  exit 1
fi
touch accounts-loaded
