"""When two names are the same name: exactly, or once folded. Never across scopes, never by likeness."""

import re
import unicodedata
from functools import lru_cache

_ACCENTS = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic; other scripts' marks tell words apart
_JOINTS = re.compile(r"(?<=\w)[-\u2010-\u2015/](?=\w)")  # Jean-Luc, Jean Luc
_DECORATION = re.compile(r"[\"'`´‘’‚“”„«»()\[\]{}!?:;¡¿…。、]|(?<!\d)[.,]|[.,](?!\d)")  # keeps 3.5, C#, C++, R&D


@lru_cache(maxsize=10_000)
def fold(name: str) -> str:
    """A name without case, accents, quotes and full stops. Numbers and the signs that tell names apart stay."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name.casefold()))
    plain = _JOINTS.sub(" ", _DECORATION.sub("", plain)).casefold()
    return unicodedata.normalize("NFC", " ".join(plain.split())) or " ".join(name.split())
