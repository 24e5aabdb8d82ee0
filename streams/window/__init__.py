"""The conversation log -> closed windows and what happens to jobs until then. Decided from the log alone: no clock.

cut.py       when a window closes
pieces.py    a long turn in pieces
units.py     a submission's turns as units
shares.py    a job's part in a window, and what is said about jobs
closing.py   the events of a closed window
pinned.py    what a generation was begun with stays as it was
state.py     what is remembered of a conversation
follow.py    what one record does
agents.py    the stage
"""
