# ostler-dump-accounts FOLDER DATABASE...: the accounts with rights on these databases as statements, passwords hashed
set -eu
umask 077
folder=$1
shift
meant=
for name in "$@"; do
  case "$name" in '' | *[!a-z0-9_]*) echo "not a database's name: $name" >&2; exit 2 ;; esac
  meant="$meant${meant:+ or }'$name' like db" # rights may be given by a pattern
done
cd "$folder"
is_whole=
trap 'rm -f .accounts; [ -n "$is_whole" ] || rm -f accounts.sql' EXIT
trap 'exit 1' HUP INT TERM
sql() { mariadb --batch --raw -N -e "$1" < /dev/null; }
sql "select distinct concat(quote(user), '@', quote(host)) from mysql.db
  where ($meant) and user <> '' order by 1" > .accounts
if ! [ -s .accounts ]; then echo "no account has rights on these databases" >&2; exit 1; fi
: > accounts.sql
# Not into a pipe: of that only its end counts, and accounts that could not be asked about would be missing unseen.
while IFS= read -r account; do
  made=$(sql "show create user $account; show grants for $account")
  printf '%s\n' "$made" | sed -e 's/^CREATE USER /CREATE OR REPLACE USER /' -e 's/$/;/' >> accounts.sql
done < .accounts
is_whole=yes
