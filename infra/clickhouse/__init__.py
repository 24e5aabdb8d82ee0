"""The database: numbered migrations, and the schema they add up to."""
