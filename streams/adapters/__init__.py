"""One file wraps one library of the outside world."""
