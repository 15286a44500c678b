# ostler-readdress-cells WAS BECOMES...: addresses in nova's records of its cells; the secrets beside them stay unseen
set -eu
statements=
while [ "$#" -gt 1 ]; do
  for word in "$1" "$2"; do
    case "$word" in '' | *[!A-Za-z0-9.:_-]*) echo "not an address: $word" >&2; exit 2 ;; esac
  done
  for column in transport_url database_connection; do
    for end in : / ,; do
      statements="$statements update nova_api.cell_mappings set $column = replace($column, '@$1$end', '@$2$end');"
    done
    statements="$statements update nova_api.cell_mappings set $column = replace($column, '@[$1]', '@[$2]');"
  done
  shift 2
done
mariadb --batch -e "$statements"
