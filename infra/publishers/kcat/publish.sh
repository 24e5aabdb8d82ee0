#!/bin/bash
# Publish submissions to turnlog, one JSON object a line: ./publish.sh [FILE]. Needs kcat and jq.
set -euo pipefail
servers="${TURNLOG_KAFKA:-127.0.0.1:9092}"
topic="${TURNLOG_TURNS_TOPIC:-turns}"
most=2097152

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cat -- "${1:--}" > "$work/lines"

# org_id/user_id: what belongs together stays in order. Nothing for a line without them, and for ids with control
# characters: kcat finds keys and records by tab and newline.
jq -rR 'def escaped: gsub("%"; "%25") | gsub("/"; "%2F");
        (try (fromjson | "\(.org_id | escaped)/\(.user_id | escaped)" | select(test("[\u0000-\u001f]") | not))
         catch "") // ""' "$work/lines" > "$work/keys"

# What kcat would stop at, with the lines before it still waiting, never reaches it.
paste -d '\t' "$work/keys" "$work/lines" | LC_ALL=C awk -v most="$((most - 1024))" -v failed="$work/failed" '
    /^\t/         { print "line " NR ": no object with org_id and user_id that kcat can send" > failed; next }
    length > most { print "line " NR ": too large" > failed; next }
    { print }' > "$work/records"

# Without -X partitioner=murmur2_random (Java's) turnlog moves most records once more.
status=0
kcat -P -b "$servers" -t "$topic" -K '\t' -X enable.idempotence=true -X acks=all -X message.max.bytes="$most" \
    < "$work/records" || status=1
echo "$(wc -l < "$work/records") of $(wc -l < "$work/keys") records handed over" >&2
if [ -s "$work/failed" ]; then
    cat "$work/failed" >&2
    status=1
fi
exit "$status"
