"""sink: everything -> ClickHouse. Events become rows (`rows.py`), rows of all lanes become one insert (`batch.py`).

The rows are durable before the position is committed, so a row may be written again; ids and revisions make the
second one vanish.
"""
