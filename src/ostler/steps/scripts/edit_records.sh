# ostler-edit-records KIND FROM TO OBJECT: a data edit that code of another release needs
set -eu
kind=$1 from=$2 to=$3 object=$4
case "$from$to" in *[!0-9.]*) echo "versions must be numbers" >&2; exit 2 ;; esac
case "$object" in *[!A-Za-z-]*) echo "not an object's name" >&2; exit 2 ;; esac
case "$kind" in
service-version)
  for database in $(mariadb --batch -N -e "select table_schema from information_schema.tables where table_name = 'services' and table_schema in ('nova', 'nova_cell0')"); do
    mariadb --batch -N -e "update \`$database\`.services set version = $to where version = $from and deleted = 0; select row_count()"
  done ;;
object-version)
  mariadb --batch -N -e "update nova_api.request_specs set spec = replace(spec, '\"$object\", \"nova_object.namespace\": \"nova\", \"nova_object.version\": \"$from\"', '\"$object\", \"nova_object.namespace\": \"nova\", \"nova_object.version\": \"$to\"'); select row_count()" ;;
*) echo "no such edit: $kind" >&2; exit 2 ;;
esac
