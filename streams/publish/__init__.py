"""From a file of conversations to acknowledged records on the publishers' topic."""
