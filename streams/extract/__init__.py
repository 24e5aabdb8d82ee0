"""extract: closed windows in, candidates out; every answer of an extractor is kept in the journal.

request.py     what an extractor is shown, and the key that names the question
extractor.py   what an extractor is: the port, its proposals and its reply
rules.py       the extractor that needs no key: patterns (`rules_*.py` hold its parts)
openai/        the extractor that asks a model (`prompts/` holds what it is told, prompt.py names it by its hash)
asked.py       whom the windows of a generation ask
extractors.py  extractors by name, as windows ask for them
extraction.py  a window with its question and who is to answer it
journal.py     replies in the table, found again by extraction key
calls.py       questions asked side by side, answers as they arrive
budget.py      what a scope's calls may cost on a day
order.py       results leave in the order of the extractions of their scope and generation
deferral.py    why a window cannot be answered now, and when it is looked at again
outages.py     which extractors are away; due.py: which parked windows are looked at now
parked.py      windows that wait in the table; prompts_known.py: prompts in it; parts.py: large values
dropped.py     generations that were given up: their windows are passed over
reply.py       proposals checked against the window: candidates, and what was dropped
verbatim.py    candidates that need no extractor: turns word for word, observations
result.py      a window and its answer as an event
round.py       the extractions of a chunk or a tick: until each is answered or parked
agents.py      a chunk in, effects out
"""
