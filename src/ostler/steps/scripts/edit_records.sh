# ostler-edit-records edit|restore KEPT KIND TABLE COLUMN FROM TO OBJECT DATABASE...: a data edit that code of another release
# needs. `edit` keeps id and value of each row in KEPT.1, KEPT.2, ... (0600, on disk) and changes only rows that are kept there;
# `restore` gives back what is kept to the rows that are still as the edit left them.
set -eu
umask 077
way=$1 kept=$2 kind=$3 table=$4 column=$5 from=$6 to=$7 object=$8
shift 8
wrong() { echo "$1" >&2; exit 2; }
for name in "$table" "$column" "$@"; do
  case "$name" in '' | *[!a-z0-9_]*) wrong "not a name in these databases: $name" ;; esac
done
case "$from$to" in '' | *[!0-9.]*) wrong "versions must be numbers" ;; esac
case "$object" in *[!A-Za-z-]*) wrong "not an object's name" ;; esac
case "$kind" in
service-version)
  was=$from becomes=$to
  is_old="\`$column\` = $from and deleted = 0" ;;
object-version)
  mark="\"$object\", \"nova_object.namespace\": \"nova\", \"nova_object.version\": "
  was="$mark\"$from\"" becomes="$mark\"$to\""
  is_old="instr(\`$column\`, '$was')" ;;
*) wrong "no such edit: $kind" ;;
esac
sql() { mariadb --batch --raw -N --quick "$@"; }
in_batches() { # transactions of 1000 statements
  awk 'BEGIN { print "set autocommit = 0;" } { print } NR % 1000 == 0 { print "commit;" } END { print "commit;" }'
}
carry_out() { # print how many rows the statements changed
  in_batches | sql > "$kept.counts"
  awk '{ n += $1 } END { print n + 0 }' "$kept.counts"
  rm -f "$kept.counts"
}

edit() { # what is found is kept first, on disk; then just those rows are changed, if they still are as they were
  database=$1 round=0
  while [ "$round" -lt 20 ]; do
    round=$((round + 1)) number=1
    while [ -e "$kept.$number" ]; do number=$((number + 1)); done
    sql -e "select '$database', id, hex(concat(\`$column\`)) from \`$database\`.\`$table\` where $is_old" > "$kept.new"
    if ! [ -s "$kept.new" ]; then rm -f "$kept.new"; return; fi
    sync "$kept.new"
    mv "$kept.new" "$kept.$number"
    sync "$(dirname "$kept")"
    awk -F'\t' -v q="update \`$database\`.\`$table\` set \`$column\` = replace(\`$column\`, '$was', '$becomes') where id = " \
      -v old=" and $is_old; select row_count();" '$2 ~ /^[0-9]+$/ { print q $2 old }' "$kept.$number" | carry_out
  done
  echo "rows of $database.$table are written as fast as they are edited" >&2
  exit 1
}

restore() { # the last kept first; a row that was written since the edit is left as it is
  number=1
  while [ -e "$kept.$((number + 1))" ]; do number=$((number + 1)); done
  while [ "$number" -gt 0 ] && [ -e "$kept.$number" ]; do
    awk -F'\t' -v table="$table" -v column="$column" -v was="$was" -v becomes="$becomes" '
      $1 ~ /^[a-z0-9_]+$/ && $2 ~ /^[0-9]+$/ && $3 ~ /^[0-9A-F]+$/ {
        print "update `" $1 "`.`" table "` set `" column "` = unhex(\047" $3 "\047) where id = " $2 \
          " and `" column "` = replace(unhex(\047" $3 "\047), \047" was "\047, \047" becomes "\047); select row_count();"
      }' "$kept.$number" | carry_out
    number=$((number - 1))
  done
}

case "$way" in
edit)
  mkdir -p "$(dirname "$kept")"
  for database in "$@"; do edit "$database"; done ;;
restore) restore ;;
*) wrong "neither edit nor restore: $way" ;;
esac
