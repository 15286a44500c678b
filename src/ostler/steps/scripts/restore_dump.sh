# ostler-restore-dump FOLDER: put every database back as in FOLDER/databases.sql.zst, and compare
set -eu
umask 077
cd "$1"
sha256sum -c --quiet databases.sql.zst.sha256
rm -f restored-and-equal
# MariaDB's own words on an error may quote a row: only its number and place are told.
if ! zstd -q -dc databases.sql.zst | mariadb 2> .errors; then
  echo "the databases did not take the dump:" >&2
  sed -n 's/^\(ERROR [0-9]* ([0-9A-Z]*)\( at line [0-9]*\)\{0,1\}\).*/\1/p' .errors | head -5 >&2
  rm -f .errors
  exit 1
fi
rm -f .errors
now=$(xargs -a databases.list mariadb-dump --single-transaction --quick --routines --triggers --events --hex-blob \
  --order-by-primary --skip-comments --skip-dump-date --add-drop-database --databases | sha256sum | cut -d' ' -f1)
if [ "$now" != "$(cut -d' ' -f1 plain.sha256)" ]; then
  echo "the databases differ from the dump after the restore: is a service still writing?" >&2
  exit 1
fi
touch restored-and-equal
