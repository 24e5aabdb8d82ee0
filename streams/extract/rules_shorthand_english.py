"""Names for what English patterns share."""

import re

from streams.extract.rules_shorthand import Shorthand
from streams.extract.rules_words_english import OCCUPATIONS

ENGLISH = Shorthand(
    {
        "IM": r"(?:i'm|i\s+am|im|we're|we\s+are)",
        "I": r"(?:i|we)",
        "HAVE": r"(?:i've|i\s+have|we've|we\s+have|i've\s+got|i\s+have\s+got|i\s+got)",
        "EVER": r"(?:\s+(?:really|absolutely|also|just|still|do|totally|truly|always|actually|definitely|honestly"
        r"|especially|particularly|personally|currently|now|mostly|mainly|usually|generally|typically|simply|"
        r"certainly|recently|already|finally|both|all|have|'ve|genuinely|secretly|sure|very\s+much|tend\s+to|"
        r"originally|pretty|only|happily|even|rather|much))*",
        "NUMBER": r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
        r"|fifteen|sixteen|seventeen|eighteen|nineteen|twenty(?:[\s-](?:one|two|three|four|five|six|seven|eight|"
        r"nine))?|thirty|forty|fifty)",
        "KIN": r"(?:sister|brother|mother|mom|mum|father|dad|wife|husband|son|daughter|partner|girlfriend|boyfriend"
        r"|fiancée?|cousin|uncle|aunt|grandma|grandmother|grandpa|grandfather|nephew|niece|best\s+friend|roommate|"
        r"flatmate|stepson|stepdaughter|stepmother|stepfather|sister-in-law|brother-in-law|mother-in-law|"
        r"father-in-law)",
        "KINS": r"(?:sisters?|brothers?|siblings?|kids?|children|child|sons?|daughters?|grandchildren|grandkids"
        r"|nephews?|nieces?|cousins?|wife|husband|boyfriend|girlfriend|twins)",
        "ANIMAL": r"(?:dog|cat|puppy|kitten|parrot|hamster|rabbit|bunny|horse|pony|turtle|tortoise|snake|lizard"
        r"|gecko|goldfish|fish|bird|guinea\s+pig|ferret|chicken|hen|goat|pig|cow|iguana|rat|mouse|budgie|canary|"
        r"chihuahua|poodle|labrador|pug|corgi|golden\s+retriever|german\s+shepherd|beagle|husky|retriever|terrier|"
        r"bulldog|dachshund|siamese)",
        "OWNED": r"(?:car|truck|van|bike|bicycle|motorcycle|motorbike|scooter|boat|sailboat|house|apartment|flat"
        r"|condo|cottage|cabin|farm|garden|piano|guitar|violin|drone|telescope|camper|rv|tesla|mustangs?|jeep|volvo|"
        r"honda|toyota|ford|bmw|audi|shop|bakery|restaurant|business|company|store|ranch|café|cafe|bookstore|studio|"
        r"laptop|macbook|ps5|xbox|playstation|treadmill|pool|tattoos?)",
        "LANGUAGE": r"(?:English|German|French|Spanish|Italian|Portuguese|Dutch|Russian|Polish|Czech|Ukrainian"
        r"|Turkish|Arabic|Hebrew|Hindi|Urdu|Bengali|Mandarin|Cantonese|Chinese|Japanese|Korean|Vietnamese|Thai|"
        r"Greek|Swedish|Norwegian|Danish|Finnish|Hungarian|Romanian|Bulgarian|Serbian|Croatian|Farsi|Persian|Tamil|"
        r"Telugu|Punjabi|Swahili|Tagalog|Latin|Irish|Welsh|Catalan|Indonesian|Malay|ASL|sign\s+language)",
        "PLAYED": r"(?:piano|guitar|bass|drums|violin|cello|viola|flute|clarinet|saxophone|trumpet|ukulele|harp"
        r"|banjo|keyboard|organ|tennis|soccer|football|basketball|baseball|volleyball|hockey|golf|chess|badminton|"
        r"cricket|rugby|softball|poker|video\s+games|board\s+games|squash|table\s+tennis|pickleball|lacrosse|"
        r"handball|water\s+polo|bowling)",
        "MONTH": r"(?:January|February|March|April|May|June|July|August|September|October|November|December)",
        "HEAD": "(?:" + "|".join(sorted(OCCUPATIONS)) + ")",
        "DIET": r"(?:vegetarian|vegan|pescatarian|pescetarian|flexitarian|gluten[- ]free|dairy[- ]free|halal|kosher|"
        r"keto)",
        "FULLY": r"(?:\s+(?:severely|highly|deathly|mildly|very|extremely|also|super|really|seriously|so|quite"
        r"|terribly|allergic\s+and))*",
        "PLAN": r"(?:move|visit|travel|learn|study|become|start|open|run|write|buy|adopt|retire|finish|build|apply"
        r"|get\s+(?:married|fit)|lose\s+weight|quit|volunteer|launch|publish|renovate|complete|climb|hike|train|"
        r"go\s+back\s+to\s+school|save|organi[sz]e|host|propose|graduate|take\s+part|compete|join|create|expand)",
        "PAST": r"(?:went|visited|bought|adopted|started|finished|ran|won|passed|graduated|joined|signed\s+up"
        r"|attended|baked|painted|cooked|hosted|celebrated|watched|quit|lost|broke|sold|opened|launched|applied|"
        r"completed|volunteered|performed|played|travell?ed|flew|hiked|camped|climbed|received|planted|built|"
        r"published|met|got\s+(?:married|engaged|promoted|hired|accepted|a|an)|took|saw|made|read|wrote|had\s+(?:a|"
        r"an|surgery|dinner|lunch))",
        "SPEAK": r"(?:answer|respond|reply|speak|talk|write|address|call|explain|format|keep|use|avoid|mention"
        r"|include|summari[sz]e|translate)",
    }
)
PAST_WORDS = " ".join(re.findall(r"(?<![\w?])[a-z]{3,}(?![\w?])", ENGLISH.names["PAST"])) + " traveled travelled"
"""Every first word of {PAST}."""
