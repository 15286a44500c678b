# ostler-purge-queues: empty every queue that has messages, in every virtual host
set -eu
tab=$(printf '\t')
waiting() { # print "virtual host, queue, messages" of every queue that has messages
  vhosts=$(rabbitmqctl -q list_vhosts name --no-table-headers)
  printf '%s\n' "$vhosts" | while IFS= read -r vhost; do
    queues=$(rabbitmqctl -q -p "$vhost" list_queues name messages --no-table-headers < /dev/null)
    printf '%s\n' "$queues" | while IFS=$tab read -r queue messages; do
      if [ "${messages:-0}" -gt 0 ]; then printf '%s\t%s\t%s\n' "$vhost" "$queue" "$messages"; fi
    done
  done
}
found=$(waiting)
if [ -z "$found" ]; then exit 0; fi
printf '%s\n' "$found" | while IFS=$tab read -r vhost queue messages; do
  rabbitmqctl -q -p "$vhost" purge_queue "$queue" < /dev/null
done
left=$(waiting)
if [ -n "$left" ]; then
  echo "messages are there again; does a service still run? virtual host, queue, messages:" >&2
  printf '%s\n' "$left" | head -5 >&2
  exit 1
fi
