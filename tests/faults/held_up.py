"""How long readers of committed records are held up by open transactions: the last stable offset of a partition stays
where it is although the log goes on.
"""

Place = tuple[str, int]


class HeldUp:
    """`longest` as far as it is certain: from the end of the first look that found a partition so to the begin of the
    last. What lies before and behind them is the machine's, a look that failed between them is not."""

    def __init__(self) -> None:
        self._since: dict[Place, tuple[int, float]] = {}
        self.longest, self.where = 0.0, ""

    def note(self, place: Place, *, stable: int, written: int, began: float, ended: float) -> None:
        """What a look between these times found."""
        if written <= stable:
            self._since.pop(place, None)
            return
        at, since = self._since.get(place, (stable, ended))
        if at != stable:
            since = ended
        self._since[place] = (stable, since)
        if began - since > self.longest:
            self.longest, self.where = began - since, f"{place[0]}/{place[1]} at {stable}"
