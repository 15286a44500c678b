# ostler-make-database DATABASE LIKE: a database with the character set, accounts and rights of another; one that is there stays.
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
# The same rights, no more; they may be given by patterns, and a role has no host. Some MariaDB names a right otherwise
# than it takes it (MDEV-17655).
rights=$(sql "select concat('grant ',
    group_concat(replace(privilege_type, 'DELETE VERSIONING ROWS', 'DELETE HISTORY') separator ', '),
    ' on \`$database\`.* to ', trim(trailing '@\'\'' from grantee), if(max(is_grantable = 'YES'), ' with grant option', ''))
  from information_schema.schema_privileges
  where '$like' like table_schema and grantee regexp '^\'[^\']+\'@\'[^\']*\'$' and locate(char(92), grantee) = 0
  group by grantee")
if [ -z "$rights" ]; then echo "no account has rights on $like" >&2; exit 1; fi
while IFS= read -r right; do
  sql "$right"
done << end
$rights
end
sql "create database if not exists \`$database\` $is"
