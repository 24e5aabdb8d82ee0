"""The rules for German: who and where somebody is, work, family, tastes, allergies, plans."""

from streams.extract.rules_language import group
from streams.extract.rules_shorthand import Shorthand
from streams.extract.rules_values import (
    answer,
    email,
    listed,
    occupation,
    organisation,
    person,
    phrase,
    place,
    things,
    title,
)

GERMAN = Shorthand(
    {
        "EVER": r"(?:\s+(?:wirklich|sehr|auch|noch|immer|immer\s+noch|jetzt|nun|eigentlich|derzeit|zurzeit|momentan"
        r"|aktuell|gerade|schon|seit\s+(?:\d{4}|kurzem|letztem\s+\w+|\w+)|halt|ja|total|richtig|besonders|wieder|"
        r"inzwischen|mittlerweile|hier|gern|gerne|ursprünglich|übrigens|außerdem|zusammen|allein|alleine|persönlich|"
        r"absolut|am\s+liebsten|mir|mich))*",
        "NUMBER": r"(?:\d{1,3}|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf)",
        "KIN": r"(?:Schwester|Bruder|Mutter|Mama|Vater|Papa|Frau|Ehefrau|Mann|Ehemann|Sohn|Tochter|Partnerin"
        r"|Partner|Freundin|Freund|Cousine|Cousin|Onkel|Tante|Oma|Großmutter|Opa|Großvater|Neffe|Nichte|"
        r"Mitbewohnerin|Mitbewohner)",
        "KINS": r"(?:Schwestern?|Brüder|Bruder|Geschwister|Kinder|Kind|Söhne|Sohn|Töchter|Tochter|Enkel|Enkelkinder)",
        "ANIMAL": r"(?:Hunde?|Hündin|Katzen?|Kater|Hamster|Kaninchen|Pferde?|Schildkröten?|Papagei|Wellensittiche?"
        r"|Meerschweinchen|Dackel|Pudel|Labrador)",
        "LANGUAGE": r"(?:Deutsch|Englisch|Französisch|Spanisch|Italienisch|Portugiesisch|Niederländisch|Russisch"
        r"|Polnisch|Tschechisch|Ukrainisch|Türkisch|Arabisch|Hebräisch|Chinesisch|Japanisch|Koreanisch|Griechisch|"
        r"Schwedisch|Norwegisch|Dänisch|Finnisch|Ungarisch)",
        "MONTH": r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)",
        "DIET": r"(?:Vegetarierin|Vegetarier|Veganerin|Veganer|vegetarisch|vegan)",
        "A": r"(?:einen|eine|ein|einem|einer)",
    }
)
rule = GERMAN.rule

_LIVES, _WORKS = "{S} wohnt in {O}.", "{S} arbeitet bei {O}."
ICH = group(
    "heiße heisse wohne lebe bin wurde komme stamme arbeite reagiere habe hab ernähre esse mag liebe hasse "
    "verabscheue bevorzuge spreche plane",
    rule("fact", "name", "{S} heißt {O}.", r"ich hei(?:ß|ss)e\b", person),
    rule("fact", "lives_in", _LIVES, r"ich (?:wohne|lebe){EVER} in\b", place),
    rule("fact", "lives_in", _LIVES, r"ich bin{EVER} nach\b(?=\s+\S+(?:\s+\S+)?\s+(?:um)?gezogen\b)", place, time=-1),
    rule("fact", "from", "{S} kommt aus {O}.", r"ich (?:komme|stamme){EVER} aus\b", place),
    rule("fact", "born_in", "{S} wurde in {O} geboren.", r"ich (?:bin|wurde) in\b(?=\s+\S+\s+geboren\b)", place),
    rule("fact", "grew_up_in", "{S} ist in {O} aufgewachsen.", r"ich bin{EVER} in\b(?=\s+\S+\s+aufgewachsen\b)", place),
    rule("fact", "works_at", _WORKS, r"ich arbeite{EVER} (?:bei|für)\b", organisation),
    rule("fact", "job_title", "{S} arbeitet als {O}.", r"ich arbeite(?: bei [^,;]{1,60}?)?{EVER} als\b", title),
    rule("fact", "job_title", "{S} arbeitet als {O}.", r"ich bin{EVER}", occupation),
    rule("fact", "age", "{S} ist {O} Jahre alt.", r"ich bin{EVER} (?P<o>{NUMBER}) (?:Jahre alt|Jahre jung)\b"),
    rule(
        "fact",
        "marital_status",
        "{S} ist {O}.",
        r"ich bin{EVER} (?P<o>verheiratet|ledig|geschieden|verwitwet|verlobt)\b",
    ),
    rule(
        "fact",
        "allergic_to",
        "{S} ist allergisch gegen {O}.",
        r"ich (?:bin|reagiere){EVER} allergisch (?:gegen|auf)\b",
        listed,
        confidence=0.95,
    ),
    rule(
        "fact",
        "allergic_to",
        "{S} hat eine Allergie gegen {O}.",
        r"ich habe?{EVER} {A} (?:\w+ )?Allergie (?:gegen|auf)\b",
        listed,
    ),
    rule("fact", "allergic_to", "{S} hat eine {O}allergie.", r"ich habe?{EVER} {A} (?P<o>\w+?)-?allergie\b"),
    rule("fact", "diet", "{S} ist {O}.", r"ich bin{EVER}(?: {A})? (?P<o>{DIET})\b"),
    rule("fact", "diet", "{S} ernährt sich {O}.", r"ich ernähre mich{EVER} (?P<o>vegetarisch|vegan|glutenfrei)\b"),
    rule("fact", "does_not_eat", "{S} isst {no} {O}.", r"ich esse{EVER} (?P<no>kein(?:e|en)?)\b", listed),
    rule("preference", "dislikes", "{S} mag {no} {O}.", r"ich mag{EVER} (?P<no>kein(?:e|en)?)\b", things),
    rule(
        "preference",
        "dislikes",
        "{S} mag {O} nicht.",
        r"ich mag{EVER} (?P<o>(?-i:[A-ZÄÖÜ])[\w-]+(?: und (?-i:[A-ZÄÖÜ])[\w-]+)?)(?: wirklich| so| gar|"
        r" überhaupt| eigentlich)* nicht(?: besonders| so| gern| gerne)?\b",
    ),
    rule("preference", "dislikes", "{S} hasst {O}.", r"ich (?:hasse|verabscheue){EVER}\b", things),
    rule("preference", "likes", "{S} mag {O}.", r"ich (?:mag|liebe){EVER}\b(?! kein)", things),
    rule("preference", "prefers", "{S} bevorzugt {O}.", r"ich (?:bevorzuge){EVER}\b", phrase),
    rule(
        "relationship",
        "family",
        "{S} hat {O}.",
        r"ich habe?{EVER} (?P<number>{NUMBER}|{A}) (?:ältere[nr]? |jüngere[nr]? |kleine[nr]? |"
        r"große[nr]? )?(?P<kins>{KINS})\b",
        value="{number} {kins}",
    ),
    rule(
        "fact",
        "has_pet",
        "{S} hat {number} {animal} namens {O}.",
        r"ich habe?{EVER} (?P<number>{A}) (?P<animal>(?:\w+ )?{ANIMAL}),? (?:namens|mit Namen|(?:der|die|"
        r"das) \w+ heißt)(?<!heißt)\b",
        person,
    ),
    rule(
        "fact",
        "has_pet",
        "{S} hat {O}.",
        r"ich habe?{EVER} (?P<o>(?:{NUMBER}|{A}) {ANIMAL}(?: und (?:{NUMBER}|{A}) {ANIMAL})?)\b",
    ),
    rule("fact", "speaks", "{S} spricht {O}.", r"ich spreche{EVER}(?: fließend| etwas| gut)?(?= {LANGUAGE}\b)", listed),
    rule(
        "fact",
        "birthday",
        "{S} hat am {O} Geburtstag.",
        r"ich habe? am (?P<day>\d\d?)\. (?P<month>{MONTH}) Geburtstag\b",
        value="{day}. {month}",
    ),
    rule("goal", "plans", "{S} plant: {O}.", r"ich (?:plane|habe vor){EVER}\b,?(?= )", phrase, confidence=0.85, time=1),
    rule(
        "decision",
        "decided",
        "{S} hat beschlossen, {O}.",
        r"ich habe?{EVER} (?:beschlossen|entschieden),?(?= )",
        phrase,
        time=1,
    ),
)
VERB_FIRST = group(
    "ich",
    rule("fact", "lives_in", _LIVES, r"(?:wohne|lebe) ich{EVER} in\b", place),
    rule("fact", "works_at", _WORKS, r"arbeite ich{EVER} (?:bei|für)\b", organisation),
    rule("fact", "job_title", "{S} arbeitet als {O}.", r"arbeite ich{EVER} als\b", title),
    rule("fact", "lives_in", _LIVES, r"bin ich{EVER} nach\b(?=\s+\S+(?:\s+\S+)?\s+(?:um)?gezogen\b)", place, time=-1),
)
MEIN = group(
    "name e email mail geburtstag ist sind heißt heisst lautet",
    rule("fact", "name", "{S} heißt {O}.", r"mein Name ist\b", person),
    rule(
        "fact",
        "email",
        "Die E-Mail-Adresse: {O} ({S}).",
        r"meine E-?Mail(?:-?Adresse)? (?:ist|lautet)\b:?",
        email,
        confidence=0.95,
    ),
    rule(
        "fact",
        "birthday",
        "{S} hat am {O} Geburtstag.",
        r"mein Geburtstag ist(?: am| der)? (?P<day>\d\d?)\. (?P<month>{MONTH})\b",
        value="{day}. {month}",
    ),
    rule(
        "preference",
        "favorite_{what}",
        "{S}: Lieblings{what} ist {O}.",
        r"mein(?:e)? Lieblings-?(?P<what>(?!ort|teil|moment|stelle)\w+) (?:ist|sind)\b",
        answer,
    ),
    rule(
        "relationship",
        "{kin}",
        "{O} ist {kin} {P}.",
        r"mein(?:e)?(?: ältere| älterer| jüngere| jüngerer| kleine| kleiner| große|"
        r" großer)? (?P<kin>{KIN}) hei(?:ß|ss)t\b",
        person,
    ),
)
BITTE = group(
    "antworte schreib schreibe sprich",
    rule(
        "instruction",
        None,
        "{S} bittet den Assistenten: antworte {O}.",
        r"bitte (?:antworte|schreib|schreibe|sprich)(?: mir)?(?: ab jetzt)?(?= (?:immer|nur|ab jetzt|stets|"
        r"künftig)\b)",
        phrase,
    ),
    rule(
        "instruction",
        None,
        "{S} bittet den Assistenten: antworte auf {O}.",
        r"bitte (?:antworte|schreib|schreibe|sprich)(?: mir)?(?: immer)? auf (?P<o>{LANGUAGE})\b",
    ),
)
THIRD = (
    rule("fact", "lives_in", _LIVES, r" (?:wohnt|lebt){EVER} in\b", place),
    rule("fact", "from", "{S} kommt aus {O}.", r" kommt{EVER} aus\b", place),
    rule("fact", "works_at", _WORKS, r" arbeitet{EVER} (?:bei|für)\b", organisation),
    rule("fact", "job_title", "{S} arbeitet als {O}.", r" arbeitet{EVER} als\b", title),
    rule("fact", "job_title", "{S} arbeitet als {O}.", r" ist{EVER}", occupation),
    rule("fact", "age", "{S} ist {O} Jahre alt.", r" ist{EVER} (?P<o>{NUMBER}) Jahre alt\b"),
    rule("fact", "allergic_to", "{S} ist allergisch gegen {O}.", r" ist{EVER} allergisch gegen\b", listed),
    rule("preference", "dislikes", "{S} mag {no} {O}.", r" mag{EVER} (?P<no>kein(?:e|en)?)\b", things),
    rule("preference", "likes", "{S} mag {O}.", r" (?:mag|liebt){EVER}\b(?! kein)", things),
)
GREETED = (rule("fact", "name", "{S} heißt {O}.", r"ich bin(?: die| der)?\b", person, confidence=0.85),)
