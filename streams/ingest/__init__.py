"""ingest: bytes on `turns` become the conversation log: checked, redacted, each turn once, in one order per scope.

agents.py        the stage as the engine runs it: chunks, and idle ticks in between
receive.py       some records: belong here? readable? any secret in all of them?
intake.py        one record at a time: known? then the log, or a dead letter
ordinary.py      the same for the ordinary submission of new turns, faster
rekey.py         where a record belongs, and where it first lay; seal.py closes what is moved
decode.py        bytes to a submission or control record, or the refusal
plain.py         the same for the plain common case, faster
metadata.py      the rules of a submission's metadata
headers.py       the headers that go along
times.py         times as publishers write them
identity.py      what a turn, a job and "the same again" are
conversations.py what is remembered of a conversation, as bytes
dedup.py         turns seen before, however long ago
jobs.py          callers' job ids seen before
redact.py         secrets out of every text; secret_rules.py and secret_checks.py say what is one
accepted.py      the log's events as bytes
refused.py       dead letters and refusals
ticks.py         conversations that went quiet
counts.py        what /metrics tells of accepted submissions
"""
