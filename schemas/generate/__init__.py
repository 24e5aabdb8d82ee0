"""The public contract for people who write in other languages, made from the models and the registry of topics.

`python -m schemas.generate` writes schemas/json and schemas/asyncapi.yaml anew; a test fails when they are stale.

shape.py      a model as JSON Schema
received.py   what publishers send
sent.py       facts, jobs and dead letters
asyncapi.py   channels, messages and operations around them
"""
