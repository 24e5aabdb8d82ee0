-- Rights on a server: who writes, and readers who see one organisation each. Not applied by `turnlog migrate`: users
-- are the administrator's. Run the first part once, as a user with access management, with your own password and, if
-- you use another database than turnlog, its name:
--
--     clickhouse-client --multiquery < infra/clickhouse/rights.sql
--
-- The views run with the rights of whoever asks (SQL SECURITY INVOKER, the default), so the policies on the tables
-- behind them hold in every view, in joins, and for the tables themselves. A view with SQL SECURITY DEFINER would show
-- its definer's rows to everybody: never make one over these tables.

-- Once: roles.

CREATE ROLE IF NOT EXISTS turnlog_writer;

GRANT CREATE DATABASE ON turnlog.* TO turnlog_writer;

GRANT CREATE DATABASE ON turnlog_data.* TO turnlog_writer;

GRANT SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE ON turnlog.* TO turnlog_writer;

GRANT SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE ON turnlog_data.* TO turnlog_writer;

GRANT SELECT ON system.mutations TO turnlog_writer;

GRANT SELECT ON system.parts TO turnlog_writer;

CREATE ROLE IF NOT EXISTS turnlog_reader;

GRANT SELECT ON turnlog.* TO turnlog_reader;

GRANT SELECT ON turnlog_data.turns TO turnlog_reader;

GRANT SELECT ON turnlog_data.submissions TO turnlog_reader;

GRANT SELECT ON turnlog_data.extractions TO turnlog_reader;

GRANT SELECT ON turnlog_data.facts TO turnlog_reader;

GRANT SELECT ON turnlog_data.windows_resolved TO turnlog_reader;

GRANT SELECT ON turnlog_data.job_parts TO turnlog_reader;

GRANT SELECT ON turnlog_data.dead_letters TO turnlog_reader;

GRANT SELECT ON turnlog_data.live_generation TO turnlog_reader;

GRANT SELECT ON turnlog_data.generations_dropped TO turnlog_reader;

GRANT SELECT ON turnlog_data.limits TO turnlog_reader;

GRANT SELECT ON turnlog_data.positions TO turnlog_reader;

CREATE SETTINGS PROFILE IF NOT EXISTS turnlog_reader SETTINGS readonly = 2, max_execution_time = 60 MAX 600, max_memory_usage = 4000000000 MAX 16000000000 TO turnlog_reader;

-- Without this a reader whom no policy names would see everything: readers see no row until a policy allows it. Whoever
-- is no reader (workers, administrators) keeps seeing all rows, as the server's default is; the policy of the writers
-- holds where it is not.

CREATE ROW POLICY IF NOT EXISTS turnlog_writer ON turnlog_data.turns, turnlog_data.submissions, turnlog_data.extractions, turnlog_data.facts, turnlog_data.windows_resolved, turnlog_data.job_parts, turnlog_data.dead_letters USING true TO turnlog_writer;

CREATE ROW POLICY IF NOT EXISTS turnlog_nobody ON turnlog_data.turns, turnlog_data.submissions, turnlog_data.extractions, turnlog_data.facts, turnlog_data.windows_resolved, turnlog_data.job_parts, turnlog_data.dead_letters USING false TO turnlog_reader;

CREATE USER IF NOT EXISTS turnlog_worker IDENTIFIED BY 'choose-a-password' DEFAULT ROLE turnlog_writer;

GRANT turnlog_writer TO turnlog_worker;

-- For each organisation: a reader. Here of the organisation acme; put its id and the user's name in their places.

CREATE USER IF NOT EXISTS acme_reader IDENTIFIED BY 'choose-a-password' DEFAULT ROLE turnlog_reader;

GRANT turnlog_reader TO acme_reader;

CREATE ROW POLICY IF NOT EXISTS turnlog_acme ON turnlog_data.turns, turnlog_data.submissions, turnlog_data.extractions, turnlog_data.facts, turnlog_data.windows_resolved, turnlog_data.job_parts, turnlog_data.dead_letters USING org_id = 'acme' TO acme_reader;
