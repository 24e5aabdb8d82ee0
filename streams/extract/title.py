"""A short title for a statement."""

MAX_TITLE = 100


def title_of(content: str) -> str:
    """The statement on one line, without its full stop, shortened at a word to at most 100 characters."""
    line = " ".join(content.split())
    if len(line) <= MAX_TITLE:
        return line.removesuffix(".") or line
    cut = line[: MAX_TITLE - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > MAX_TITLE // 2 else cut).rstrip(" ,;:") + "…"
