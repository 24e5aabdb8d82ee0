#!/bin/bash
# Publish submissions to turnlog, one JSON object a line: ./publish.sh [FILE]. Needs kcat and jq.
set -euo pipefail
servers="${TURNLOG_KAFKA:-127.0.0.1:9092}"
topic="${TURNLOG_TURNS_TOPIC:-turns}"

lines="$(mktemp)"
keys="$(mktemp)"
trap 'rm -f "$lines" "$keys"' EXIT
cat -- "${1:--}" > "$lines"

# org_id/user_id: what belongs together stays in order
jq -rR 'def escaped: gsub("%"; "%25") | gsub("/"; "%2F");
        fromjson | "\(.org_id | escaped)/\(.user_id | escaped)"' "$lines" > "$keys"

# Without -X partitioner=murmur2_random (Java's) turnlog moves most records once more.
paste -d '\t' "$keys" "$lines" |
    kcat -P -b "$servers" -t "$topic" -K '\t' -X enable.idempotence=true -X acks=all -X message.max.bytes=2097152
echo "$(wc -l < "$keys") records handed over" >&2
