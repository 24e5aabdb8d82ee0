"""German words by what they mean to the rules."""

import re

from streams.extract.rules_language import Words
from streams.extract.rules_places import PLACES


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OCCUPATIONS = _set(
    """
    arzt ärztin tierarzt tierärztin zahnarzt zahnärztin lehrer lehrerin ingenieur ingenieurin entwickler
    entwicklerin softwareentwickler softwareentwicklerin programmierer programmiererin krankenschwester
    krankenpfleger pfleger pflegerin anwalt anwältin rechtsanwalt rechtsanwältin student studentin schüler
    schülerin bäcker bäckerin koch köchin kellner kellnerin verkäufer verkäuferin journalist journalistin autor
    autorin architekt architektin designer designerin grafikdesigner grafikdesignerin musiker musikerin maler
    malerin fotograf fotografin polizist polizistin feuerwehrmann pilot pilotin busfahrer busfahrerin mechaniker
    mechanikerin elektriker elektrikerin tischler tischlerin schreiner schreinerin gärtner gärtnerin friseur
    friseurin apotheker apothekerin psychologe psychologin therapeut therapeutin physiotherapeut physiotherapeutin
    professor professorin forscher forscherin wissenschaftler wissenschaftlerin chemiker chemikerin physiker
    physikerin biologe biologin buchhalter buchhalterin steuerberater steuerberaterin berater beraterin rentner
    rentnerin hebamme erzieher erzieherin sozialarbeiter sozialarbeiterin übersetzer übersetzerin bibliothekar
    bibliothekarin landwirt landwirtin bauer bäuerin optiker optikerin richter richterin schauspieler
    schauspielerin sänger sängerin
    """
)
_DEPENDENT = _set(
    """
    es er sie ihn ihm ihr ihre ihren ihrem ihrer sein seine seinen seinem seiner wir uns du dir dich dein deine
    deinen deiner euch euer das dies diese dieser dieses diesen diesem jene jener dort hier da dann so etwas alles
    nichts jemand niemand was wer wie wo warum wann welche welcher welches ist sind war waren bin bist hat habe
    haben hatte wird werden kann können nicht nie niemals kein keine keinen ja nein man selbst sich dass ob wenn
    ich beides beide solche sowas einander weder noch
    """
)
GERMAN = Words(
    places=PLACES,
    no_names=_set(
        """
        ich du er sie es wir ihr montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april
        mai juni juli august september oktober november dezember weihnachten ostern gott der die das ein eine hause
        frieden ordnung zukunft moment ruhe deutscher deutsche österreicher schweizer rente urlaub mitte not
        sicherheit ja nein neu müde froh rechnung bank hier dort einer einem dem den sehr schon auch noch jetzt angst
        sorge eile schule firma uni universität arbeit
        """
    ),
    occupations=_OCCUPATIONS,
    no_modifiers=_set("schlechter schlechte guter gute ehemaliger ehemalige angehender angehende früher kein keine"),
    workplaces=_set("bank schule klinik universität firma agentur bäckerei behörde bibliothek versicherung"),
    dependent=_DEPENDENT,
    unfinished=_set(
        """
        der die das den dem des ein eine einen einem einer und oder in im an am auf aus bei mit nach von zu zum zur
        für über unter vor sehr ganz mein meine meinen als wie gern gerne
        """
    ),
    openers=_set(
        """
        der die das den dem des ein eine einen einem einer alle viele mehr sehr auch nur schon wie wenn dass zu am
        besten lieber besser dieses andere mein meine meinen meiner unser unsere gern gerne weil wo überhaupt
        besonders
        """
    ),
    own={
        "mein": "eigenes",
        "meine": "eigene",
        "meinen": "eigenen",
        "meinem": "eigenem",
        "meiner": "eigener",
        "mich": "sich",
        "mir": "sich",
    },
    articles=frozenset({"ein", "eine", "einen", "einem", "einer", "der", "die", "das", "dem", "den"}),
    conjunction="und",
    stop=re.compile(
        r"[;:()\[\]{}<>!?|~*\"\n]|\s[-–—]+\s|—|--|\.\.|\.\s|,?\s+\b(?:weil|aber|doch|obwohl|während|sondern|"
        r"und\s+(?:ich|wir|er|sie|es|das|mein|meine|bin|habe|arbeite|wohne|lebe|komme|mag|hasse|liebe|auch|dann|"
        r"jetzt)|wenn|falls|sobald|wo|seit|dass)\b|,\s+(?:und|dann|auch|besonders|der|die|das|den|nicht|oder|du|"
        r"ich|mein|meine|wir|es|er|sie|vor\s+allem|danke|bitte)\b",
        re.IGNORECASE,
    ),
    fillers=re.compile(
        r"(?:^|[\s,]+)(?:auch|sehr|jetzt|gerade|momentan|zurzeit|derzeit|übrigens|wieder|total|eigentlich|halt|"
        r"besonders|am\s+liebsten|am\s+meisten|über\s+alles|so|gern|gerne|mal|einfach|und)$",
        re.IGNORECASE,
    ),
    boundary=re.compile(
        r"\s*(?:$|[.,;:!?()\]\"\n–—-](?!\w)|…|(?:und|aber|doch|denn|weil|seit|jetzt|gezogen|umgezogen|geboren|"
        r"aufgewachsen|mit|bei|als|in|im|am|von|für|oder|wo|der|die|das|auch|nun|nicht|zusammen|derzeit|"
        r"momentan|zurzeit|wieder|ist|wohnt|lebt|vor|letzten|letztes|letzte|aus|an|zu|allein|alleine|ich|"
        r"namens)\b)",
        re.IGNORECASE,
    ),
)
