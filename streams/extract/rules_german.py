"""German for the rules: its guards, and how its rules are found."""

from streams.extract.rules_calendars import GERMAN as CALENDAR
from streams.extract.rules_facts_german import BITTE, GREETED, ICH, MEIN, THIRD, VERB_FIRST
from streams.extract.rules_facts_german import GERMAN as SHORTHAND
from streams.extract.rules_language import Kin, Language, Table, by_first_word, openings
from streams.extract.rules_words_german import GERMAN as WORDS

pattern = SHORTHAND.pattern
_LEAD_WORDS = (
    r"also|ja|nein|nee|und|aber|denn|doch|hallo|hi|hey|servus|moin|guten tag|guten morgen|übrigens|eigentlich|"
    r"jetzt|nun|inzwischen|mittlerweile|momentan|derzeit|zurzeit|aktuell|ehrlich gesagt|ach|oh|naja|na ja|genau|"
    r"danke|super|toll|außerdem|leider|zum glück|seit \d{4}|seit \w+|heute|persönlich|privat|beruflich|sorry|"
    r"entschuldigung|weißt du|wie gesagt|korrektur|ok|okay|wow|cool|schön|gut|klar|stimmt|auch|weil|da"
)
_KIN_IN_ENGLISH = {
    german: english
    for english, words in {
        "sister": "schwester",
        "brother": "bruder",
        "mother": "mutter mama",
        "father": "vater papa",
        "wife": "frau ehefrau",
        "husband": "mann ehemann",
        "son": "sohn",
        "daughter": "tochter",
        "partner": "partnerin",
        "girlfriend": "freundin",
        "boyfriend": "freund",
        "cousin": "cousine",
        "uncle": "onkel",
        "aunt": "tante",
        "grandmother": "oma großmutter",
        "grandfather": "opa großvater",
        "nephew": "neffe",
        "niece": "nichte",
        "roommate": "mitbewohnerin mitbewohner",
    }.items()
    for german in words.split()
}
_TABLE: Table = (
    ("ich", (ICH,)),
    ("wohne lebe arbeite bin", (VERB_FIRST,)),
    ("mein meine unser unsere", (MEIN,)),
    ("bitte", (BITTE,)),
)
GERMAN = Language(
    name="german",
    words=WORDS,
    calendar=CALENDAR,
    lead=pattern(rf"(?:\s*(?:{_LEAD_WORDS})\b[\s,:!.\-–—]*)+"),
    clause=pattern(
        r"[,;:()–—\s](?:(?<!\s)(?: (?:und|aber|denn|doch))*\s*|(?<=\s)(?:-+\s|(?:und|aber|denn|doch)\s(?=(?:jetzt |"
        r"auch |dort |nun |außerdem )*(?:ich|meine?|wohne|lebe|arbeite|bin|bitte)\b)))"
    ),
    supposition=pattern(
        r"\b(?:wenn|falls|würde\w*|hätte\w*|wäre\w*|könnte\w*|sollte\w*|angenommen|stell dir vor|sag\w*|"
        r"meint\w*|behauptet\w*|fragt\w*|glaub\w*|denk\w*|dachte|vielleicht|wahrscheinlich|möglicherweise|ob|"
        r"als ich|damals|früher|träum\w*|rolle|spiel\w*|schrieb\w*|warum|wieso|wo|wie|dass|bevor|bis|"
        r"wünsch\w*)\b"
    ),
    retraction=pattern(
        r"\b(?:nicht mehr|kein(?:e|en)? mehr|wenn|falls|würde\w*|wäre\w*|hätte\w*|vielleicht|nur spaß|scherz|"
        r"früher|damals|als kind|sofern|solange|glaube ich|denke ich|vorübergehend|bis)\b"
    ),
    greeting=pattern(r"\W*(?:hallo|hi|hey|moin|servus|guten (?:tag|morgen|abend)|grüß gott)\b(?: zusammen| alle)?\W*"),
    correction=pattern(
        r"\b(?:eigentlich|korrektur|ich meinte|ich meine|falsch|stimmt nicht|doch nicht)\b|\bnicht (?:in |bei |"
        r"aus )?(?-i:[A-ZÄÖÜ])"
    ),
    kidding=pattern(r"\s*(?:nur spaß|scherz|war nur (?:ein )?(?:spaß|scherz)|nicht wirklich)\b"),
    borrowed=pattern(
        r"^\W*(?:(?:bitte|kannst du|könntest du|hilf mir|und|jetzt)\b[\s,]*)*(?:übersetz\w*|"
        r"schreib\w*(?= (?:einen?|eine|mir|das|den|die))|korrigier\w*|formulier\w*|fasse?|stell dir vor|tu so|"
        r"spiel\w*|verbesser\w*|setz\w*)\b|\bfolgende\w*\b"
    ),
    question_tail=pattern(
        r"[,;.!-]\s*(?:und )?(?:was|wie|wo|wer|und du|du|bist|hast|kannst|magst|oder|nicht wahr|kennst|"
        r"weißt)\b[^,;]*$"
    ),
    first=by_first_word(_TABLE),
    begins=frozenset(by_first_word(_TABLE)),
    openings=openings(_TABLE),
    keyless=frozenset({"mein", "meine", "unser", "unsere", "ich"}),
    greeted=GREETED,
    third=THIRD,
    kin=Kin(
        pattern(
            r"(?:meine?|unsere?)(?: (?:ältere|älterer|jüngere|jüngerer|kleine|kleiner|große|großer|liebe"
            r"|lieber))? (?P<kin>{KIN})\b"
            r"(?:,? (?P<name>(?-i:[A-ZÀ-ÖØ-Þ][\w-]+)\b(?!')(?: (?-i:[A-ZÀ-ÖØ-Þ][\w-]+)\b)?))?,?"
        ),
        "{O} ist {kin} {P}.",
        "{kin} {P}",
        _KIN_IN_ENGLISH,
    ),
    somebody="der Nutzer",
    genitive=lambda name: "des Nutzers" if name in ("der Nutzer", "user") else f"von {name}",
    article=lambda value: "",
)
