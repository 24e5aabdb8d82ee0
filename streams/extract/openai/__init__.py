"""The extractor that asks a model over the chat interface of OpenAI, which many servers speak.

render.py      a request as messages: the prompt, then what was said, fenced
schema.py      the form of the answer, which the server enforces
spans.py       which turns to ask about next when an answer was cut off
retry.py       whether and when a question is asked again
parse.py       the model's texts as proposals
quotes.py      a quote found again in the turn it is from
times.py       times as the model writes them
cost.py        tokens and money
extractor.py   one window: questions until it is answered (the client is `streams/adapters/openai.py`)
"""
