"""extract: closed windows in, candidates out; every answer of an extractor is kept in the journal.

request.py     what an extractor is shown, and the key that names the question
extractor.py   what an extractor is: the port, its proposals and its reply
rules.py       the extractor that needs no key: patterns (`rules_*.py` hold its parts)
journal.py     replies in the table, found again by extraction key
calls.py       questions asked side by side, answers as they arrive
order.py       results leave in the order of the extractions of their scope
reply.py       proposals checked against the window: candidates, and what was dropped
verbatim.py    candidates that need no extractor: turns word for word, observations
result.py      a window and its answer as an event
agents.py      a chunk in, effects out
"""
