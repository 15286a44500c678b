# ostler-enable-backends DATABASE REASON BACKEND...: clear the flag "disabled" of cinder-volume's backends, where REASON is
# why they were disabled: for an API that answers that it did, and does not. Prints how many were cleared.
set -eu
database=$1 reason=$2
shift 2
case "$database" in '' | *[!a-z0-9_]*) echo "not a database's name: $database" >&2; exit 2 ;; esac
text() { printf "convert(unhex('%s') using utf8mb4)" "$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')"; }
statements() {
  for backend; do
    printf "update \`%s\`.services set disabled = 0, disabled_reason = null, modified_at = utc_timestamp()" "$database"
    printf " where deleted = 0 and disabled = 1 and \`binary\` = 'cinder-volume'"
    printf " and host = %s and disabled_reason = %s; select row_count();\n" "$(text "$backend")" "$(text "$reason")"
  done
}
counts=$(statements "$@" | mariadb --batch --raw -N)
echo "$counts" | awk '{ n += $1 } END { print n + 0 }'
