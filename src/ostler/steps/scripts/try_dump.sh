# ostler-try-dump FOLDER: restore FOLDER/databases.sql.zst into a scratch server, dump it again, compare
set -eu
umask 077
renice -n 10 -p $$ > /dev/null 2>&1 || true # what serves users comes first
folder=$1
cd "$folder"
sha256sum -c --quiet databases.sql.zst.sha256
# On the disk whose room was looked at: the nearest folder from the dump's upwards that the server's user may enter.
place=$folder
until runuser -u mysql -- test -x "$place"; do place=$(dirname "$place"); done
scratch=$(mktemp -d "$place/.ostler-scratch.XXXXXX")
server=
# What rows hold is never told: of an error its number and place, of a difference the tables and how many lines of each.
errors() { sed -n 's/^\(ERROR [0-9]* ([0-9A-Z]*)\( at line [0-9]*\)\{0,1\}\).*/\1/p' "$1" | head -5; }
marked() { # put before each line of a dump the database and table it is about
  awk '/^USE `/ { database = $2; gsub(/[`;]/, "", database); place = database }
    /^CREATE TABLE `/ { table = $3; gsub(/`/, "", table); place = database "." table }
    { print place "\t" $0 }'
}
tidy() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM
# Its own tmpdir: a server that starts removes temporary tables from its tmpdir, and in a shared one those of the production
# server, which then crashes (seen with MariaDB 10.11.19).
mkdir "$scratch/tmp"
chown mysql "$scratch" "$scratch/tmp"
socket=$scratch/scratch.sock
mariadb-install-db --no-defaults --datadir="$scratch/data" --tmpdir="$scratch/tmp" --user=mysql --auth-root-authentication-method=socket \
  --skip-test-db > "$scratch/install.log" 2>&1
mariadbd --no-defaults --datadir="$scratch/data" --tmpdir="$scratch/tmp" --user=mysql --socket="$socket" --skip-networking --wsrep-on=OFF \
  --pid-file="$scratch/pid" --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --skip-log-bin \
  --innodb-doublewrite=0 --max-allowed-packet=256M > "$scratch/server.log" 2>&1 &
server=$!
tries=0
until mariadb --no-defaults -S "$socket" -e 'select 1' > /dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ]; then echo "the scratch server did not start:" >&2; tail -5 "$scratch/server.log" >&2; exit 1; fi
  sleep 0.1
done
if ! zstd -q -dc databases.sql.zst | mariadb --no-defaults -S "$socket" 2> "$scratch/errors"; then
  echo "the scratch server did not take the dump:" >&2
  errors "$scratch/errors" >&2
  exit 1
fi
xargs -a databases.list mariadb-dump --no-defaults -S "$socket" --single-transaction --quick --routines --triggers \
  --events --hex-blob --order-by-primary --skip-comments --skip-dump-date --add-drop-database --databases \
  > "$scratch/again.sql"
was=$(cut -d' ' -f1 plain.sha256)
now=$(sha256sum < "$scratch/again.sql" | cut -d' ' -f1)
if [ "$was" != "$now" ]; then
  echo "the restored databases differ from the dump; lines that differ, by table:" >&2
  marked < "$scratch/again.sql" > "$scratch/again.marked"
  zstd -q -dc databases.sql.zst | marked | diff - "$scratch/again.marked" |
    sed -n 's/^[<>] \([A-Za-z0-9_.]*\)\t.*/\1/p' | sort | uniq -c | sort -rn | head -10 >&2
  exit 1
fi
mariadb --no-defaults -S "$socket" --batch --raw -N -e \
  "select count(*) from information_schema.tables where table_schema not in ('mysql','sys','information_schema','performance_schema')"
