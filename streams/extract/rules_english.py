"""English for the rules: its guards, and how its rules are found."""

from streams.extract.rules_calendars import ENGLISH as CALENDAR
from streams.extract.rules_facts_english import BODY, CALL, GREETED, HAVES, HOME, MY, PERSON, THIRD, WORK
from streams.extract.rules_language import Kin, Language, Table, by_first_word, openings
from streams.extract.rules_shorthand_english import ENGLISH as SHORTHAND
from streams.extract.rules_wishes_english import EVENTS, INSTRUCTIONS, PLANS, TASTES
from streams.extract.rules_words_english import ENGLISH as WORDS

_QUALIFIER = (
    r"(?: (?:older|younger|little|big|elder|twin|eldest|youngest|oldest|baby|dear|lovely|beautiful|only|other))*"
)
_NAME = r"(?-i:[A-ZÀ-ÖØ-Þ][\w-]+)\b(?!')"

pattern = SHORTHAND.pattern
_LEAD_WORDS = (
    r"well|so|yeah|yes|yep|yup|no|nope|oh|ok|okay|and|but|also|actually|honestly|btw|by the way|hi|hello|hey|"
    r"anyway|anyways|plus|because|since|though|sorry|right now|currently|now|these days|to be honest|fyi|haha|"
    r"lol|in fact|personally|still|there|thanks|thank you|sure|cool|great|nice|wow|ah|hmm|um|uh|i mean|you know|"
    r"of course|as for me|me too|good|at the moment|as you know|guess what|for me|same here|all right|alright|"
    r"right|good morning|good evening|good afternoon|oops|correction|unfortunately|luckily|fortunately|sadly|"
    r"basically|generally|usually|first|second|then|awesome|true|yea|nah|aw|aww|my god|omg|absolutely|"
    r"definitely|exactly|in general|recently|lately|finally|instead|otherwise|however|like|indeed|everyone|all|"
    r"guys|folks"
)
_TABLE: Table = (
    ("i i'm im i've we we're we've", (HOME, WORK, PERSON, BODY, HAVES, TASTES, PLANS, EVENTS)),
    ("my our", (MY,)),
    ("call you please", (CALL,)),
    ("please always never only from in", (INSTRUCTIONS,)),
)
ENGLISH = Language(
    name="english",
    words=WORDS,
    calendar=CALENDAR,
    lead=pattern(rf"(?:\s*(?:{_LEAD_WORDS})\b(?!')[\s,:!.\-–—]*)+"),
    clause=pattern(
        r"[,;:()–—\s](?:(?<!\s)(?: (?:and|but|so|because|since|then|also|plus))*\s*|(?<=\s)(?:-+\s|(?:and|but|so|"
        r"because|since|cause|cuz|while|whereas|although|though|plus)\s(?=(?:actually |also |then |now |currently |"
        r"yes |personally )*(?:i|i'm|im|i've|my|we|we're|we've|our)\b)))"
    ),
    supposition=pattern(
        r"\b(?:if|unless|imagine|suppose|supposing|pretend\w*|wish\w*|would|wouldn't|could|should|might|maybe|"
        r"perhaps|as though|whether|hypothetically|say|says|said|saying|tells?|told|asks?|asked|claim\w*|"
        r"thinks?|thought|believes?|believed|guess(?! what)|wrote|texted|quot\w*|goes|dream\w*|sings?|lyrics?|"
        r"jok\w*|when i was|back when|used to|doubt\w*|lie|lied|character|story|novel|until|before|not that|"
        r"it's not|what if|let's|were to|once|whenever|in case|as long as|which is why|why|how|do you|did you|"
        r"are you|can you|could you|assum\w*|typically|example|e\.g|such as|going to)\b"
    ),
    retraction=pattern(
        r"\b(?:not anymore|no more|no longer|anymore|just kidding|kidding|jk|not really|in (?:my|a|"
        r"the) (?:dreams?|game|story|novel|movie|book)|if|unless|as long as|in case|depending|when (?:i|we|he|"
        r"she|it|they) (?:was|were|am|is)|as a (?:kid|child|teenager)|used to|until|every (?:summer|winter)|"
        r"for a (?:while|year|month|week|bit|semester)|for (?:\w+ )?(?:months|weeks)|growing up|back then|"
        r"in the past|i guess|i think|maybe|perhaps|probably|temporarily|would|not sure|i wish|before (?:i|we|"
        r"that|moving)|and then)\b"
    ),
    correction=pattern(
        r"\b(?:actually|i meant|correction|scratch that|i misspoke|my mistake|oops|wait)\b|^\s*sorry\b|"
        r"\bnot (?:in |at |from )?(?-i:[A-Z])"
    ),
    greeting=pattern(
        r"\W*(?:well |oh )?(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings)\b(?: there| all|"
        r" everyone| again)?\W*"
    ),
    kidding=pattern(r"\s*(?:just kidding|kidding|jk\b|not!|just joking|i'm (?:just )?(?:kidding|joking)|not really)"),
    borrowed=pattern(
        r"^\W*(?:(?:please|can you|could you|would you|will you|help me(?: to)?|i need you to|i want you to|"
        r"let's|pls|now|kindly|then|and|ok|okay|so)\b[\s,]*)*(?:translate|re-?write|rephrase|paraphrase|"
        r"proofread|summari[sz]e|correct|edit|improve|polish|complete|continue|role-?play|act|pretend|imagine|"
        r"write|draft|compose|generate|create|fix)\b|\bthe following\b|\bhere(?: is|'s| are) (?:my|the|a|an|"
        r"some) (?:\w+ )?(?:text|essay|letter|draft|story|poem|e-?mail|script|song|lyrics|paragraph|bio|"
        r"dialogue|conversation|transcript|statement|speech)\b|\bas follows\b|\bquote\b"
    ),
    question_tail=pattern(
        r"[,;.!-]\s*(?:and |but |so |or )?(?:what about|how about|and you|you|are|do|does|did|have|has|is|was|"
        r"were|where|what|how|which|who|why|when|can|could|would|will|any|u|yourself)\b[^,;]*$"
    ),
    first=by_first_word(_TABLE),
    begins=frozenset(by_first_word(_TABLE)),
    openings=openings(_TABLE),
    keyless=frozenset({"my", "our", "i'm", "im", "am"}),
    greeted=GREETED,
    third=THIRD,
    kin=Kin(
        pattern(
            rf"(?:my|our){_QUALIFIER} (?P<kin>{{KIN}})\b(?!')(?:,? (?P<name>{_NAME}(?: {_NAME})?))?(?:,? who\b|,)?"
        ),
        "{O} is {P} {kin}.",
        "{P} {kin}",
        {"mom": "mother", "mum": "mother", "dad": "father", "grandma": "grandmother", "grandpa": "grandfather"},
    ),
    somebody="the user",
    genitive=lambda name: f"{name}'s",
    article=lambda value: "an" if value.casefold().startswith(("a", "e", "i", "o", "u", "hono", "heir")) else "a",
)
