# ostler-unpack ARCHIVE FOLDER NAME: unpack ARCHIVE (which holds FOLDER/NAME) into FOLDER, whole or not at all
set -eu
renice -n 19 -p $$ > /dev/null 2>&1 || true # what serves users comes first
archive=$1 folder=$2 name=$3
fresh=$(mktemp -d "$folder/.unpack.XXXXXX")
tidy() {
  if [ -e "$fresh/.replaced" ] && ! [ -e "$folder/$name" ]; then mv -T "$fresh/.replaced" "$folder/$name"; fi
  rm -rf "$fresh"
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM
depth=$(printf %s "$folder" | tr -dc / | wc -c)
tar -x --zstd -f "$archive" -C "$fresh" --strip-components="$depth" --no-same-owner
test -f "$fresh/$name/ostler-manifest.json"
# Told now, not when a service has been stopped and its new code is to start.
python=$fresh/$name/bin/python
if ! said=$("$python" -E -S -c 'import ssl, zlib' 2>&1); then
  echo "$name cannot run here: $said. It needs $(readlink -m "$python"), with what that needs: install it on this host" >&2
  exit 1
fi
if [ -e "$folder/$name" ]; then
  # Only files, programs too, that a process has mapped stand in its maps; what it loads later would be gone.
  users=$(grep -slF -- " $folder/$name/" /proc/[0-9]*/maps | cut -d/ -f3 | head -5 | paste -sd' ') || true
  if [ -n "$users" ]; then
    echo "$folder/$name is not replaced: processes run from it (pid $users)" >&2
    exit 1
  fi
  if ! mv --exchange -T "$fresh/$name" "$folder/$name" 2> /dev/null; then
    mv -T "$folder/$name" "$fresh/.replaced"
    mv -T "$fresh/$name" "$folder/$name"
  fi
else
  mv -T "$fresh/$name" "$folder/$name"
fi
rm -f "$archive"
