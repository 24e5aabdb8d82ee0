"""The command line, one short file per group of commands. What they do stands in demo, publish, admin and query."""
