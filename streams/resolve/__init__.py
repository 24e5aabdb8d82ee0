"""resolve: what was found in windows becomes facts, and jobs come to their end.

agents.py     records in, effects out
window.py     one result: what it means for facts, jobs and dead letters
learning.py   one window's candidates against what the scope knows
facts.py      when two statements are the same fact, and what a fact keeps of each
timeline.py   which value of a slot held when
entities.py   when two names are the same name
jobs.py       how far a job is, and how it ended
changes.py    what a window did to one fact
counts.py     the same, counted
events.py     facts, resolved windows and jobs, told
state.py      the stage's table: keys and values
"""
