"""What a form alone cannot say: whether the text it found is a secret or only stands where one could."""

import re
import unicodedata
from typing import Final

_PLACEHOLDER: Final = re.compile(
    r"(?i)\[REDACTED:|^[<\[{($%*]|^(?:x{3,}|\*{3,}|\.{3,}|•+)|your|example|placeholder|changeme|\.\.\.|->"
)
_CODE: Final = re.compile(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$|[()]|::|=>|\$\{|^[/\\]|^https?:|^[A-Za-z]:\\|\\n|Field$")
_NAME_IN_CODE: Final = re.compile(r"[a-z]+(?:_[a-z]+)+|[a-z]+[A-Z][A-Za-z]+")
_OF_WORDS: Final = re.compile(
    r"(?i)\b(?:passwor[dt]s?|passwd|your?|my|enter|must|please|invalid|incorrect|required|wrong|forg[eo]t\w*|reset"
    r"|characters?|field|confirm\w*|is|are|not|the|an?|for|and)\b"
)
"""Words that a text about passwords has and a pass phrase has not."""
_PIECES: Final = re.compile(r"[A-Za-z0-9]{8,}")
_SYMBOL: Final = re.compile(r"[!#$%&*+=@^~|]")
_WITHIN: Final = re.compile(r"[A-Za-z][0-9]+[A-Za-z]")
_GAPS: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ISSUER: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_COMMON: Final = frozenset(
    """
    about above accepted again also always another anything asked asking asterisks available away back because been
    before being below between blank both broken case changed compromised correct could created default different
    disabled displayed each easy either empty enabled encrypted english enter entered even every everything exactly
    expired expiring exposed failed failing fails false field fine first forgotten free from gone good hard hashed
    have here hidden hint hold http https idle incorrect input instead integer invalid just keep know known later
    leaked like local locked long lost missing more most much must name needed never next nobody none nothing
    nowhere null okay only optional other over password passwords please printed private protected provided public
    raise really registered rejected remembered required reset return right safe same saved secret secure sensitive
    sent setup shared short should shown simple some something still stolen stored string strong such test tests
    text than that their them then there these they thing this those today tomorrow true type typed undefined under
    unique unknown unset until updated used useless user username users using valid validation value varchar
    verified very visible vulnerable wanted weak weird well what whatever when where which will with without working
    would written wrong yours
    """.split()  # noqa: SIM905 - words read better as text
)


def is_no_placeholder(value: str) -> bool:
    return not _PLACEHOLDER.search(value)


def is_random(value: str) -> bool:
    """Letters and digits mixed, as in keys and not in words."""
    return bool(re.search(r"[0-9]", value) and re.search(r"[A-Za-z]", value)) and is_no_placeholder(value)


def is_password(value: str) -> bool:
    """Of what stands after "password:", where a word may be one too."""
    if _PLACEHOLDER.search(value) or _CODE.search(value) or _NAME_IN_CODE.fullmatch(value):
        return False
    return value.lower() not in _COMMON


def is_odd_password(value: str) -> bool:
    """Of what follows "password is" within a sentence: words are no passwords there."""
    return is_password(value) and not _LETTERS.fullmatch(value)


def is_token(value: str) -> bool:
    """Of what stands after "token:": a piece of it is long and mixed, which names of versions and models have not."""
    return is_odd_password(value) and any(is_random(piece) for piece in _PIECES.findall(value))


def is_mixed_password(value: str) -> bool:
    """Letters and digits, as no word in talk has them."""
    return is_odd_password(value) and is_random(value)


def is_strong_password(value: str) -> bool:
    """What can only be a password where a word, a name or a number could stand."""
    return is_mixed_password(value) and len(value) >= 8 and bool(_SYMBOL.search(value) or _WITHIN.search(value))


def is_pass_phrase(value: str) -> bool:
    """Words in quotes after "password=" that are no text about passwords."""
    return " " in value.strip() and is_no_placeholder(value) and not _CODE.search(value) and not _OF_WORDS.search(value)


def is_card_number(value: str) -> bool:
    """Digits grouped as on a card, of a known issuer, with the right check digit; in whichever script."""
    found = _GAPS.findall(value)
    groups = [len(group) for group in found]
    if len(groups) > 1 and (groups[0] != 4 or min(groups[:-1]) < 4):
        return False
    digits = "".join(str(unicodedata.digit(digit)) for digit in "".join(found))
    if not _ISSUER.fullmatch(digits) or len(set(digits)) == 1:
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
