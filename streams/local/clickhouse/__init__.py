"""The ClickHouse engine (chDB) behind ClickHouse's own HTTP protocol, so that several processes can share one database.

`python -m streams.local.clickhouse PATH --port N` owns a database folder; `local.py` starts that as a child. For
trusted people on the loopback interface: there are no passwords. The user `default` may do everything, `reader`
only reads, within limits.
"""
