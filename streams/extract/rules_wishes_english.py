"""The rules for English: tastes, plans, decisions, events, and what the assistant is asked to do."""

from streams.extract.rules_language import Rule, group
from streams.extract.rules_shorthand_english import ENGLISH, PAST_WORDS
from streams.extract.rules_values import named_things, phrase, preferred, request, thing, things

rule = ENGLISH.rule


def tastes(subject: str, verb: str) -> tuple[Rule, ...]:
    """Likes and dislikes of the speaker (`verb` empty) or of a third person (`verb` = s)."""
    loves = rf"(?:like{verb}|love{verb}|adore{verb}|enjoy{verb})"
    hates = rf"(?:hate{verb}|dislike{verb}|detest{verb}|despise{verb}|can't stand|cannot stand|loathe{verb})"
    no = "doesn't|does not" if verb else "don't|do not|dont"
    return (
        rule("preference", "likes", "{S} likes {O}.", rf"{subject}{{EVER}} {loves}\b(?! to\b)", things),
        rule(
            "preference",
            "likes",
            "{S} likes {O}.",
            rf"{subject}{{EVER}} {loves}(?= to (?!be|see|hear|think|say|have|know|go|do|get|try|ask|thank|share|"
            rf"point|learn)\w)",
            phrase,
        ),
        rule("preference", "dislikes", "{S} dislikes {O}.", rf"{subject}{{EVER}} {hates}\b", things),
        rule(
            "preference",
            "dislikes",
            "{S} dislikes {O}.",
            rf"{subject} (?:{no})(?: really| even| particularly| actually)* (?:like|enjoy|care for)\b",
            things,
        ),
        rule(
            "preference",
            "dislikes",
            "{S} dislikes {O}.",
            rf"{subject}(?:'ve| have)? never(?: really| ever)* (?:liked|enjoyed|cared for)\b",
            things,
        ),
        rule(
            "preference",
            "prefers",
            "{S} prefers {O}.",
            rf"{subject}{{EVER}} (?:strongly )?prefer{verb}\b(?! to\b)",
            preferred,
        ),
    )


TASTES = group(
    "like love adore enjoy liked loved adored enjoyed hate dislike detest despise stand loathe prefer cared "
    "care into fan fans fond crazy "
    "passionate obsessed aversion",
    *tastes("i", ""),
    rule(
        "preference",
        "likes",
        "{S} likes {O}.",
        r"i{EVER} (?:loved|adored|enjoyed|liked)\b",
        named_things,
        confidence=0.8,
    ),
    rule(
        "preference",
        "likes",
        "{S} likes {O}.",
        r"{IM}{EVER} (?:(?:so |super |very )?into|(?:a )?(?:big |huge |massive |real )?fans? of|fond of|"
        r"crazy about|passionate about|obsessed with)\b",
        things,
    ),
    rule(
        "preference",
        "dislikes",
        "{S} dislikes {O}.",
        r"{IM}(?: really| just)* not(?: really| much)?(?: into| a (?:big |huge |real )?fan of| fond of)\b",
        things,
    ),
    rule(
        "preference",
        "avoids",
        "{S} has a strong aversion to {O}.",
        r"{HAVE} a (?:strong |deep |real )?(?:aversion to|dislike of|dislike for)\b",
        thing,
    ),
    rule("preference", "prefers", "{S} prefers {O}.", r"i{EVER} prefer(?= to \w)", phrase),
)
PLANS = group(
    "planning hoping aiming saving plan aim intend hope training preparing want dream wish goal ambition "
    "decided promised promise committed",
    rule(
        "goal",
        "plans",
        "{S} plans to {O}.",
        r"(?:{IM}{EVER} (?:planning|hoping|aiming|saving(?: up)?)|(?:i|we){EVER} (?:plan|aim|intend|"
        r"hope)) to\b(?! (?:be|hear|see|use|do|have|get|find|stick|keep|include|know|talk|chat|meet|catch)\b)",
        phrase,
        confidence=0.85,
        time=1,
    ),
    rule(
        "goal",
        "plans",
        "{S} plans {O}.",
        r"{IM}{EVER} planning(?= (?:a|an) (?:[a-z]+ ){0,2}(?:trip|wedding|party|vacation|holiday|move|visit|"
        r"tour|hike|getaway|reunion)\b)",
        phrase,
        confidence=0.85,
        time=1,
    ),
    rule(
        "goal",
        "trains_for",
        "{S} is {how} for {O}.",
        r"{IM}{EVER} (?P<how>training|preparing) for\b",
        phrase,
        confidence=0.85,
        time=1,
    ),
    rule(
        "goal",
        "saves_for",
        "{S} is saving for {O}.",
        r"{IM}{EVER} saving(?: up)?(?: money)? for\b",
        phrase,
        confidence=0.85,
    ),
    rule(
        "goal",
        "wants",
        "{S} wants to {O}.",
        r"i{EVER} (?:want|dream of|wish) to(?= {PLAN}\b)",
        phrase,
        confidence=0.8,
        time=1,
    ),
    rule(
        "decision",
        "decided",
        "{S} decided {O}.",
        r"(?:i've|i have|i|i've finally|i finally){EVER} decided(?= (?:to|not to|against) )\b(?! to be)",
        phrase,
        time=1,
    ),
    rule(
        "decision",
        "decided",
        "{S} and others decided {O}.",
        r"(?:we've|we have|we){EVER} decided(?= (?:to|not to|against|on) )\b(?! to be)",
        phrase,
        time=1,
    ),
    rule(
        "commitment",
        "promised",
        "{S} {did} {O}.",
        r"(?:i've|i have|i){EVER} (?P<did>promised|committed)(?= to (?!be ))",
        phrase,
        time=1,
    ),
    rule("commitment", "promised", "{S} promised {O}.", r"i{EVER} promise(?= to (?!be ))", phrase, time=1),
)
EVENTS = group(
    PAST_WORDS,
    rule(
        "event",
        None,
        "{S} {did} {O}.",
        r"(?:i|we(?!{EVER} met)){EVER} (?P<did>{PAST})\b",
        phrase,
        confidence=0.8,
        time=-1,
        needs_time=True,
    ),
)
INSTRUCTIONS = group(
    "always never only from future please",
    rule(
        "instruction",
        None,
        "{S} asks the assistant to {how} {verb} {O}.",
        r"(?:please )?(?:from now on,? |in future,? |in the future,? )?(?:please )?(?P<how>always|never|"
        r"only) (?P<verb>{SPEAK})\b",
        request,
    ),
    rule(
        "instruction",
        None,
        "{S} asks the assistant to {verb} {O}.",
        r"(?:please )?(?:from now on,? |in future,? |in the future,? )(?:please )?(?P<verb>{SPEAK})\b",
        request,
    ),
    rule(
        "instruction",
        None,
        "{S} asks the assistant to {verb} in {O}.",
        r"please (?P<verb>answer|respond|reply|speak|write)(?: to me)? in (?P<o>{LANGUAGE})\b",
    ),
)
