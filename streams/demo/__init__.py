"""The demonstration: conversations go in, and it ends when every job of theirs has ended and every number adds up."""
