"""Local mode: the real Apache Kafka and the real ClickHouse engine on one machine, started by turnlog itself.

`stack.py` is the whole of it in one state folder; `kafka.py` and `clickhouse/` are its two services,
`supervisor.py` keeps processes running, `started_with.py` knows with which settings.
"""
