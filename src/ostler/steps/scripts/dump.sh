# ostler-dump FOLDER DATABASE...: one consistent dump of all databases; complete when its .sha256 is there
set -eu
umask 077
renice -n 10 -p $$ > /dev/null 2>&1 || true # what serves users comes first
folder=$1; shift
mkdir -p "$folder"
cd "$folder"
rm -f databases.sql.zst databases.sql.zst.sha256 plain.sha256
mkfifo -m 600 plain.$$ && trap 'rm -f plain.$$ failed' EXIT
sha256sum < plain.$$ > plain.sha256 &
sum=$!
rm -f failed
{ mariadb-dump --single-transaction --quick --routines --triggers --events --hex-blob --order-by-primary \
    --skip-comments --skip-dump-date --add-drop-database --databases "$@" || echo failed > failed; } \
  | tee plain.$$ | zstd -q -3 -T0 -o databases.sql.zst
wait "$sum"
touch plain.sha256 # not older than the dump
if [ -e failed ]; then rm -f databases.sql.zst plain.sha256; echo "mariadb-dump failed" >&2; exit 1; fi
printf '%s\n' "$@" > databases.list
sha256sum databases.sql.zst > .sum && mv .sum databases.sql.zst.sha256
