"""English words by what they mean to the rules."""

import re

from streams.extract.rules_language import Words
from streams.extract.rules_places import PLACES


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


OCCUPATIONS = _set(
    """
    accountant actor actress acupuncturist administrator advisor analyst anesthesiologist animator anthropologist
    archaeologist architect archivist artist assistant astronaut astronomer attorney auditor author baker banker
    barber barista bartender beekeeper biologist blogger bookkeeper bookseller botanist bricklayer broker builder
    butcher captain caregiver caretaker carpenter cartoonist cashier chef chemist chiropractor choreographer clerk
    coach comedian composer conductor consultant contractor controller cook coordinator copywriter counselor
    counsellor curator dancer dealer dentist dermatologist designer detective developer dietician dietitian
    director dispatcher doctor driver economist editor electrician engineer entrepreneur esthetician farmer
    filmmaker firefighter fisherman florist freelancer gardener geologist geophysicist goldsmith guard guide
    gynecologist hairdresser hairstylist handyman historian housekeeper housewife hygienist illustrator inspector
    instructor interpreter inventor investigator investor janitor jeweler journalist judge lawyer lecturer
    librarian lifeguard linguist locksmith machinist magician maid mailman manager manicurist marine mason
    masseuse mathematician mechanic meteorologist midwife miner model musician neurologist neurosurgeon novelist
    nun nurse nutritionist officer operator optician optometrist orthodontist painter paralegal paramedic pastor
    pathologist pediatrician pharmacist philosopher photographer physician physicist physiotherapist pianist pilot
    plumber poet policeman policewoman politician porter potter priest principal producer professor programmer
    proofreader psychiatrist psychologist psychotherapist publicist rabbi radiologist ranger realtor receptionist
    recruiter reporter researcher sailor salesman salesperson saleswoman scientist sculptor secretary seamstress
    server shepherd singer soldier solicitor songwriter statistician stewardess strategist student stylist
    superintendent supervisor surgeon surveyor tailor teacher technician technologist therapist toolmaker trader
    trainer translator truckdriver trucker tutor undertaker underwriter upholsterer veterinarian vet videographer
    vocalist waiter waitress watchmaker weaver webmaster welder woodworker writer zookeeper zoologist
    """
)
_WORKPLACES = _set(
    """
    agency airport bakery bank bar bookshop bookstore brewery café cafe charity clinic college company daycare
    dealership factory farm firm gallery garage gym hospital hotel kindergarten lab laboratory law library mall
    market museum newspaper nonprofit nursery office pharmacy practice pub restaurant salon school shelter
    shipyard shop startup start-up station store studio supermarket theater theatre university warehouse winery
    zoo
    """
)
_DEPENDENT = _set(
    """
    it its it's he she him her his hers he's she's they them their theirs they're you your yours you're u ur ya
    yall y'all this that that's these those here there there's i i'm i've i'd i'll we we're we've we'll us
    ourselves themselves himself herself itself yourself one ones same such something anything everything nothing
    someone anyone everyone somebody anybody everybody nobody somewhere stuff thing things way ways who whom whose
    what what's which where when why how whatever whenever whichever is are was were am isn't aren't wasn't be
    been does did do don't doesn't didn't not never no nor none neither can can't could couldn't would wouldn't
    should shouldn't will won't might must has had hasn't kind sort part idea fact lot lots bit both each
    another other others else kinda gonna gotta wanna lol haha oh um uh hmm said says say latter former former
    above below following mine yes yeah ok okay please thanks sorry course example together option options
    """
)
_UNFINISHED = _set(
    """
    the a an of to in on at for with and or but my our all some any like about from by very really so as than into
    onto over also just more most much many few i'm because if then even only such every each mr mrs dr st vs
    through during without within between under near around too quite pretty since until while after before up out
    off down
    """
)
_OPENERS = _set(
    """
    the a an to some any all most many much more just even only being seeing having getting hearing knowing
    thinking saying going doing meeting talking chatting speaking that's having finding reminding having looking
    making giving best better worse least less good great cool nice new really very so too as at by for from if in
    into of off on out up about after before because than then with without and or but like our mostly mainly
    watching my me mine well first second next last every each several both few plenty enough also certain
    different various
    """
)
_OWN = {"my": "their", "me": "them", "myself": "themselves", "our": "their", "mine": "theirs"}
_NOT_TITLES = _set(
    """
    terrible bad good great huge big horrible decent better best worst amateur aspiring wannabe former ex lousy
    real natural born future would-be ex- awful poor fake failed mediocre fellow regular slow fast picky avid keen
    passionate excellent amazing fantastic wonderful talented skilled budding self-proclaimed
    """
)
_NO_NAMES = _set(
    """
    i i'm i've i'd i'll god jesus christ monday tuesday wednesday thursday friday saturday sunday january february
    march april june july august september october november december christmas easter halloween thanksgiving
    spring summer autumn winter hr it sales marketing support legal finance engineering english german french
    spanish american british irish italian chinese japanese indian catholic christian muslim jewish buddhist the a
    an and but so yes no ok okay mr mrs ms dr not never here there sorry glad happy sad tired excited ready sure
    fine good great back home both all some any every me you he she it's we they my your his her our their this
    that these those what who how why when where if because very really just also still always maybe night day lol
    haha
    """
)
ENGLISH = Words(
    places=PLACES,
    no_names=_NO_NAMES,
    occupations=OCCUPATIONS,
    no_modifiers=_NOT_TITLES,
    workplaces=_WORKPLACES,
    dependent=_DEPENDENT,
    unfinished=_UNFINISHED,
    openers=_OPENERS,
    own=_OWN,
    articles=frozenset({"a", "an", "the", "my", "our"}),
    conjunction="and",
    stop=re.compile(
        r"[;:()\[\]{}<>!?|~*\"\n]|\s[-–—]+\s|—|--|\.\.|\.\s|,?\s+\b(?:because|since|so|but|although|though|"
        r"while|whereas|cause|cuz|plus|thanks\s+to|and\s+(?:then\s+)?(?:i|i'm|i've|i'd|i'll|my|we|we're|we've|"
        r"our|he|she|it|it's|they|you|that|that's|this|so|also|have|was|am|the\s+\w+\s+(?:is|was|are)|would|"
        r"want|need|can|could|hope|got|hate|love|like|prefer|enjoy|dislike|don't|not|never|now)|as\s+(?:i|it|"
        r"they|he|she|we)|if|unless|when|whenever|where|who|which)\b|,\s+(?:then|too|especially|which|who|not|"
        r"or|right|you|i|i'm|my|we|it|he|she|they|the|that|this|like|mainly|mostly|particularly|thank|thanks|"
        r"please|haha|lol|yes|yeah|no|well|actually|even|just|what|how|do|did|is|are|have)\b",
        re.IGNORECASE,
    ),
    fillers=re.compile(
        r"(?:^|[\s,]+)(?:too|as\s+well|also|though|tho|anyway|anyways|again|right\s+now|now|these\s+days|"
        r"nowadays|lately|recently|next|soon|so\s+much|very\s+much|a\s+lot|sometimes|lol|haha|btw|myself|either|really|"
        r"especially|mostly|actually|honestly|personally|in\s+general|for\s+sure|definitely|at\s+the\s+moment|"
        r"currently|already|the\s+most|the\s+best|best|most|enough|at\s+all|the\s+least|better|more|first|even|"
        r"please|very|much|always|of\s+course|for\s+example|etc|after\s+all|as\s+usual|believe\s+me|"
        r"to\s+be\s+honest|by\s+the\s+way|in\s+particular|and)$",
        re.IGNORECASE,
    ),
    boundary=re.compile(
        r"\s*(?:$|[.,;:!?()\]\"\n–—-](?!\w)|…|(?:and|but|so|because|since|now|too|as|for|at|with|who|which|"
        r"where|here|from|though|although|while|in|on|by|or|if|to|living|aged|named|called|that|right|near|"
        r"until|till|before|after|this|last|next|these|also|again|then|plus|when|currently|myself|not|"
        r"specializing|specialising|working|anymore|of|about|over|back|yesterday|today|currently|almost|all|"
        r"both|i|my|she|he|we|it|they|lol|haha|are|is|was|has|have|will|every|per|a|an|the|her|his|ever)\b)",
        re.IGNORECASE,
    ),
)
