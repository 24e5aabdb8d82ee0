"""What travels on the topics: the submissions publishers send, our events, and the registry of topics.

event.py        what all events share
submission.py   what publishers send on `turns`
log.py          the conversation log
extraction.py   closed windows, and what was found in them
fact.py         facts and resolved windows (a public contract)
job.py          what happened to jobs (a public contract)
dead_letter.py  records that could not be processed, with the reason
topics.py       every topic: name, key, events, retention, sizes
generate/       writes asyncapi.yaml and json/: the same for people who write in other languages
"""
