"""The queries to start from: each file is one, described, with its parameters as `{name:Type}`."""
