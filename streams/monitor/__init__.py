"""How a worker can be watched: `/metrics` for Prometheus and `/health` for whoever restarts and pages.

commits.py   a commit becomes numbers
vitals.py    a look at a stage becomes gauges
health.py    ... and a verdict
stage.py     both, served by the stage's own process
above.py     the same of all stages, served by the process that keeps them running
http.py      the server, and the question to another one
"""
