# ostler-make-database DATABASE LIKE: a database with the character set and the accounts of another; one that is there stays.
# It is made when its accounts have their rights: whoever finds it finds all of it.
set -eu
database=$1 like=$2
for name in "$database" "$like"; do
  case "$name" in '' | *[!a-z0-9_]*) echo "not a database's name: $name" >&2; exit 2 ;; esac
done
sql() { mariadb --batch --raw -N -e "$1" < /dev/null; }
is=$(sql "select concat('character set ', default_character_set_name, ' collate ', default_collation_name)
  from information_schema.schemata where schema_name = '$like'")
if [ -z "$is" ]; then echo "there is no database $like" >&2; exit 1; fi
# Rights may be given by a pattern.
accounts=$(sql "select distinct concat(quote(user), '@', quote(host)) from mysql.db where '$like' like db and user <> ''")
if [ -z "$accounts" ]; then echo "no account has rights on $like" >&2; exit 1; fi
while IFS= read -r account; do
  sql "grant all privileges on \`$database\`.* to $account"
done << end
$accounts
end
sql "create database if not exists \`$database\` $is"
