"""turnlog: conversation turns in on Kafka, facts and job states out in ClickHouse.

ingest     turns -> conversations     valid, redacted, identified, deduplicated: the conversation log
window     conversations -> extractions     runs of turns that are extracted together
extract    extractions -> results     candidates, with the turns that prove them; every answer kept in the journal
resolve    results -> facts, jobs     new, same or newer; when a job ends
sink       everything -> ClickHouse     rows and views

Read `topology.py` next, then the stage you care about.
"""
