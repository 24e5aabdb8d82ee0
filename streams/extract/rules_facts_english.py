"""The rules for English: who somebody is, where they live and work, family, health, what they have."""

from streams.extract.rules_language import group
from streams.extract.rules_shorthand_english import ENGLISH
from streams.extract.rules_values import (
    answer,
    email,
    known_place,
    listed,
    occupation,
    organisation,
    person,
    person_in_any_case,
    phone,
    phrase,
    place,
    single,
    thing,
    title,
)
from streams.extract.rules_wishes_english import tastes

rule = ENGLISH.rule

FAVOURITES = (
    rule(
        "preference",
        "favorite_{what}",
        "{P} {fav} {what} {be} {O}.",
        r"my(?: all[- ]time| absolute| current)* (?P<fav>favou?rite) (?P<what>(?!part|thing|way|one|bit|time|"
        r"memory|moment|aspect|kind|type|of|is|are|scene|place|spot|day|right)[a-z]+(?: (?!is|are)[a-z]+)?) "
        r"(?P<be>is|are|has to be)(?: definitely| probably| actually)*\b",
        answer,
    ),
)
HOME = group(
    "live reside living based residing located moved relocated from born grew moving",
    rule("fact", "lives_in", "{S} lives in {O}.", r"{I}{EVER} (?:live|reside)(?: right)?(?: now| here)? in\b", place),
    rule(
        "fact",
        "lives_in",
        "{S} lives in {O}.",
        r"{IM}{EVER} (?:living|based|residing|located)(?: right now| now)? in\b",
        place,
    ),
    rule(
        "fact",
        "lives_in",
        "{S} lives in {O}.",
        r"(?:i|i've){EVER} (?:moved|relocated)(?: back)?(?: here)?(?: over)? to\b",
        place,
        time=-1,
    ),
    rule(
        "fact",
        "lives_in",
        "{S} lives in {O}.",
        r"(?:we|we've){EVER} (?:moved|relocated)(?: back)? to\b",
        known_place,
        time=-1,
    ),
    rule("fact", "from", "{S} is from {O}.", r"{IM}{EVER} from\b", place),
    rule("fact", "from", "{S} is from {O}.", r"i{EVER} come from\b", known_place),
    rule("fact", "born_in", "{S} was born in {O}.", r"i was born(?: and raised)? in\b", place),
    rule("fact", "grew_up_in", "{S} grew up in {O}.", r"i{EVER} grew up in\b", place),
    rule("fact", "birth_year", "{S} was born in {O}.", r"i was born in (?P<o>(?:19|20)\d\d)\b"),
    rule("goal", "plans", "{S} is moving to {O}.", r"{IM}{EVER} moving(?: back)? to\b", place, time=1),
)
WORK = group(
    "work working job position a an retired self unemployed leave studying study majoring",
    rule(
        "fact",
        "works_at",
        "{S} works at {O}.",
        r"i{EVER} work(?: full[- ]time| part[- ]time| remotely)* (?:at|for|in(?= an? ))\b",
        organisation,
    ),
    rule(
        "fact",
        "works_at",
        "{S} works at {O}.",
        r"(?:i'm|i am|im){EVER} working(?: full[- ]time| part[- ]time)? (?:at|for)\b",
        organisation,
    ),
    rule(
        "fact",
        "works_at",
        "{S} works at {O}.",
        r"(?:i|i've|i have){EVER} (?:started working|(?:got|started|accepted|landed) a(?: new)? (?:job|"
        r"position)) (?:at|with)\b",
        organisation,
    ),
    rule(
        "fact",
        "works_at",
        "{S} works at {O}.",
        r"(?:i'm|i am|im){EVER} an? (?:[\w/-]+ ){0,3}{HEAD} (?:at|for)\b",
        organisation,
    ),
    rule(
        "fact",
        "job_title",
        "{S} works as {a} {O}.",
        r"i{EVER} work(?: full[- ]time| part[- ]time)?(?: (?:at|for|in|with) [^,;]{1,60}?)? as(?= an? )\b",
        title,
    ),
    rule("fact", "job_title", "{S} is {a} {O}.", r"(?:i'm|i am|im){EVER}(?= an? )", occupation),
    rule(
        "fact",
        "job_title",
        "{S} works as {a} {O}.",
        r"(?:i'm|i am|im){EVER} working(?: full[- ]time| part[- ]time)?(?: (?:at|for|in|"
        r"with) [^,;]{1,60}?)? as(?= an? )\b",
        title,
    ),
    rule(
        "fact",
        "employment",
        "{S} is {O}.",
        r"(?:i'm|i am|im){EVER} (?P<o>retired|self[- ]employed|unemployed|on (?:maternity|paternity|"
        r"parental) leave)\b",
    ),
    rule(
        "fact",
        "studies",
        "{S} studies {O}.",
        r"(?:(?:i'm|i am|im){EVER} studying|i{EVER} study|(?:i'm|i am|im){EVER} majoring in)\b(?! (?:for|hard|"
        r"abroad|to|a lot|all|with|at|in|on|more|every|and)\b)",
        thing,
    ),
)
PERSON = group(
    "old yrs yo turned married single divorced widowed engaged speak fluent learning studying play "
    + " ".join(map(str, range(10, 100))),
    rule(
        "fact",
        "age",
        "{S} is {O} years old.",
        r"(?:i'm|i am|im){EVER} (?P<o>{NUMBER}(?=(?: |-)?(?:years?|yrs?)[- ]old|\s?y/?o\b)|\d\d(?=\s*(?:$|"
        r"[.,;!)]|and\b|but\b)))(?:[- ](?:years?|yrs?)[- ]old)?",
    ),
    rule(
        "fact",
        "age",
        "{S} is {O} years old.",
        r"i{EVER} turned (?P<o>\d\d?)\b(?! (?:down|off|on|up|pages?|of)\b)",
        confidence=0.8,
    ),
    rule(
        "fact",
        "marital_status",
        "{S} is {O}.",
        r"(?:i'm|i am|im){EVER} (?P<o>married|single|divorced|widowed|engaged)(?! (?:in|with|by|out|handed\w*|"
        r"parent|mom|mum|dad|mother|father|again)\b)(?![\w-])",
    ),
    rule(
        "fact",
        "speaks",
        "{S} speaks {O}.",
        r"(?:i{EVER} (?:can )?speak|(?:i'm|i am){EVER} fluent in)(?: (?:fluent|some|a little|a bit of|"
        r"basic))?(?= {LANGUAGE}\b)",
        listed,
    ),
    rule(
        "learning",
        "learns",
        "{S} is learning {O}.",
        r"(?:i'm|i am|im){EVER} (?:learning|studying) (?P<o>{LANGUAGE})\b",
    ),
    rule("fact", "plays", "{S} plays {O}.", r"i{EVER} (?:can )?play(?: the)? (?P<o>{PLAYED})\b"),
)
BODY = group(
    "allergic allergy intolerant vegetarian vegan pescatarian pescetarian flexitarian gluten dairy halal kosher "
    "keto diet eat",
    rule("fact", "allergic_to", "{S} is allergic to {O}.", r"{IM}{FULLY}{EVER} allergic to\b", listed, confidence=0.95),
    rule(
        "fact",
        "allergic_to",
        "{S} is allergic to {O}.",
        r"{HAVE}{EVER}(?: an?| this| the)?(?: severe| bad| mild| serious| terrible)* allergy to\b",
        listed,
    ),
    rule(
        "fact",
        "allergic_to",
        "{S} has {a} {O} allergy.",
        r"{HAVE}{EVER} an?(?: severe| bad| mild| serious| terrible)* (?P<o>(?!severe|bad|"
        r"mild)[a-z]+(?: [a-z]+)?) allergy\b",
    ),
    rule(
        "fact",
        "intolerant_to",
        "{S} is {O} intolerant.",
        r"(?:i'm|i am|im){EVER} (?P<o>lactose|gluten|fructose|histamine)[- ]intolerant\b",
    ),
    rule(
        "fact",
        "diet",
        "{S} is {O}.",
        r"{IM}{EVER}(?: an?)?(?: strict| lifelong| committed| proud)* (?P<o>{DIET})(?! (?:restaurant|food|"
        r"recipe|option|meal|dish|cook)\w*)\b",
    ),
    rule(
        "fact",
        "diet",
        "{S} is on a {O} diet.",
        r"(?:{IM}{EVER} on|{I}{EVER} (?:follow|eat|keep)) an?(?: strict)? (?P<o>{DIET}|low[- ]carb|paleo|"
        r"mediterranean|plant[- ]based)(?: diet)\b",
    ),
    rule(
        "fact",
        "does_not_eat",
        "{S} does not eat {O}.",
        r"i{EVER} (?:don't|do not|never|can't|cannot)(?: ever)? eat\b(?! (?:much|a lot|out|any|anything|before|"
        r"after|well|at|in|very|breakfast|lunch|dinner)\b)",
        listed,
    ),
)
HAVES = group(
    "have i've we've got own drive ride",
    rule(
        "relationship",
        "family",
        "{S} has {O}.",
        r"{HAVE}{EVER} (?P<number>{NUMBER}|an?|no)(?: older| younger| little| big| twin| beautiful| wonderful|"
        r" adult| grown| small| young| great)* (?P<kins>{KINS})(?=\s*(?:$|[.,;!?)]|and\b|but\b|who\b|named\b|"
        r"called\b|that\b|with\b|aged\b|so\b|in\b|at\b|now\b|too\b))",
        value="{number} {kins}",
    ),
    rule(
        "fact",
        "has_pet",
        "{S} has {number} {animal} named {O}.",
        r"{HAVE}{EVER} (?P<number>an?)(?P<animal> (?:[a-z]+ ){0,2}?{ANIMAL}),? (?:named|called|whose name is|"
        r"and (?:his|her|its) name is)\b",
        person,
    ),
    rule(
        "fact",
        "has_pet",
        "{S} has {O}.",
        r"{HAVE}{EVER} (?P<o>(?:{NUMBER}|an?) (?!hot\b)(?:[a-z]+ ){0,2}?{ANIMAL}(?:s|es)?(?: and (?:{NUMBER}|"
        r"an?) (?:[a-z]+ ){0,1}?{ANIMAL}(?:s|es)?)?)(?=\s*(?:$|[.,;!?)]|and\b|but\b|who\b|that\b|at home|too\b|"
        r"now\b|so\b|which\b))",
    ),
    rule(
        "fact",
        "owns",
        "{S} has {O}.",
        r"{HAVE}{EVER} (?P<o>(?:{NUMBER}|an?) (?:(?!hot|rental|little|nice|great|good|bad|"
        r"new\b)[a-z]+ ){0,2}?{OWNED})(?=\s*(?:$|[.,;!?)]|and\b|but\b|too\b|that\b|which\b|so\b|in (?!mind)))",
    ),
    rule("fact", "owns", "{S} owns {O}.", r"(?:i|we){EVER} (?:own|drive|ride)(?= (?:{NUMBER}|an?|my own) )", single),
)
MY = group(
    "favorite favourite name birthday e email mail phone mobile cell telephone hometown named called goal dream "
    "plan ambition native mother first",
    *FAVOURITES,
    rule(
        "goal",
        "wants",
        "{P} {kind} is to {O}.",
        r"my(?: main| biggest| ultimate| long[- ]term| next| big| only)* (?P<kind>goal|dream|plan|"
        r"ambition) is to\b(?! (?:be|see|have|get)\b)",
        phrase,
        confidence=0.85,
        time=1,
    ),
    rule("fact", "name", "{P} name is {O}.", r"my(?: full| real| first)? name(?:'s| is)\b", person_in_any_case),
    rule(
        "fact",
        "birthday",
        "{P} birthday is {O}.",
        r"my birthday(?:'s| is)(?: on)?(?: the)? (?P<day>\d\d?)(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTH})\b",
        value="{day} {month}",
    ),
    rule(
        "fact",
        "birthday",
        "{P} birthday is {O}.",
        r"my birthday(?:'s| is)(?: on)? (?P<month>{MONTH})(?: the)? (?P<day>\d\d?)(?:st|nd|rd|th)?\b",
        value="{day} {month}",
    ),
    rule(
        "fact",
        "email",
        "{P} e-mail address is {O}.",
        r"my(?: new| work| private| personal)? e-?mail(?: address)?(?:'s| is)\b:?",
        email,
        confidence=0.95,
    ),
    rule(
        "fact",
        "phone",
        "{P} phone number is {O}.",
        r"my(?: new| mobile| cell| work)?(?: phone| mobile| cell| telephone)(?: number)?(?:'s| is)\b:?",
        phone,
        confidence=0.95,
    ),
    rule("fact", "from", "{S} is from {O}.", r"my hometown is\b", place),
    rule(
        "fact",
        "has_pet",
        "{S} has a {animal} named {O}.",
        r"(?:my|our)(?: (?:older|younger|little|big|new|old|beloved|sweet))* (?P<animal>{ANIMAL})(?:'s name is|"
        r" is (?:called|named))\b",
        person,
    ),
    rule(
        "relationship",
        "{kin}",
        "{O} is {P} {kin}.",
        r"(?:my|our)(?: (?:older|younger|little|big|elder|twin))* (?P<kin>{KIN})(?:'s name is| is (?:called|named))\b",
        person,
    ),
    rule(
        "fact",
        "speaks",
        "{S} speaks {O}.",
        r"my (?:native language|mother tongue|first language) is (?P<o>{LANGUAGE})\b",
    ),
)
CALL = group(
    "call",
    rule("fact", "name", "{P} name is {O}.", r"(?:please )?(?:you can )?call me\b", person, confidence=0.85),
)
GREETED = (rule("fact", "name", "{P} name is {O}.", r"(?:i'm|i am|im)\b", person, confidence=0.85),)
THIRD = (
    rule(
        "fact",
        "lives_in",
        "{S} lives in {O}.",
        r"(?: still| also| now| currently)* (?:lives|resides|is living|is based)(?: right now| now)? in\b",
        place,
    ),
    rule(
        "fact",
        "lives_in",
        "{S} lives in {O}.",
        r"(?: has| just| recently| have)* (?:moved|relocated)(?: back)? to\b",
        place,
        time=-1,
    ),
    rule("fact", "from", "{S} is from {O}.", r" (?:is|comes)(?: originally)? from\b", place),
    rule("fact", "born_in", "{S} was born in {O}.", r" was born(?: and raised)? in\b", place),
    rule(
        "fact",
        "works_at",
        "{S} works at {O}.",
        r"(?: still| also| now| currently)* (?:works|is working) (?:at|for)\b",
        organisation,
    ),
    rule(
        "fact",
        "job_title",
        "{S} works as {a} {O}.",
        r"(?: still| also| now| currently)* (?:works|is working)(?: (?:at|for|in|with) [^,;]{1,60}?)? as(?= an? )\b",
        title,
    ),
    rule("fact", "job_title", "{S} is {a} {O}.", r" is(?= an? )", occupation),
    rule(
        "fact",
        "age",
        "{S} is {O} years old.",
        r" is(?: now| only| already)? (?P<o>{NUMBER})(?: years?[- ]old| yrs? old)\b",
    ),
    rule("fact", "allergic_to", "{S} is allergic to {O}.", r" is{FULLY} allergic to\b", listed),
    rule("fact", "diet", "{S} is {O}.", r" is(?: an?)?(?: strict)? (?P<o>{DIET})\b"),
    *tastes("", "s"),
)
