# ostler-restore-dump FOLDER: put every database back as in FOLDER/databases.sql.zst, and compare
set -eu
umask 077
cd "$1"
sha256sum -c --quiet databases.sql.zst.sha256
rm -f restored-and-equal
zstd -q -dc databases.sql.zst | mariadb
now=$(xargs -a databases.list mariadb-dump --single-transaction --quick --routines --triggers --events --hex-blob \
  --order-by-primary --skip-comments --skip-dump-date --add-drop-database --databases | sha256sum | cut -d' ' -f1)
if [ "$now" != "$(cut -d' ' -f1 plain.sha256)" ]; then
  echo "the databases differ from the dump after the restore: is a service still writing?" >&2
  exit 1
fi
touch restored-and-equal
