"""Places that are known in lower case and without doubt: countries, regions and large cities, in English and German."""


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().casefold() for line in text.strip().splitlines() for name in line.split(","))


PLACES = _names(
    """
    afghanistan, albania, algeria, angola, argentina, armenia, australia, austria, azerbaijan, bahamas, bahrain
    bangladesh, belarus, belgium, bolivia, bosnia, botswana, brazil, bulgaria, cambodia, cameroon, canada, chile
    china, colombia, costa rica, croatia, cuba, cyprus, czech republic, denmark, dominican republic, ecuador
    egypt, england, estonia, ethiopia, finland, france, germany, ghana, great britain, greece, guatemala, haiti
    honduras, hungary, iceland, india, indonesia, iran, iraq, ireland, israel, italy, ivory coast, jamaica, japan
    jordan, kazakhstan, kenya, kuwait, latvia, lebanon, libya, lithuania, luxembourg, malaysia, malta, mexico
    moldova, mongolia, montenegro, morocco, mozambique, myanmar, namibia, nepal, netherlands, new zealand
    nicaragua, nigeria, north macedonia, northern ireland, norway, oman, pakistan, palestine, panama, paraguay
    peru, philippines, poland, portugal, puerto rico, qatar, romania, russia, rwanda, saudi arabia, scotland
    senegal, serbia, singapore, slovakia, slovenia, somalia, south africa, south korea, spain, sri lanka, sudan
    sweden, switzerland, syria, taiwan, tanzania, thailand, tunisia, turkey, uganda, ukraine
    united arab emirates, united kingdom, united states, uruguay, uzbekistan, venezuela, vietnam, wales, yemen
    zambia, zimbabwe, uk, usa, us, uae, europe, asia, africa, south america, north america, latin america
    alabama, alaska, arizona, arkansas, california, colorado, connecticut, delaware, florida, georgia, hawaii
    idaho, illinois, indiana, iowa, kansas, kentucky, louisiana, maine, maryland, massachusetts, michigan
    minnesota, mississippi, missouri, montana, nebraska, nevada, new hampshire, new jersey, new mexico, new york
    north carolina, north dakota, ohio, oklahoma, oregon, pennsylvania, rhode island, south carolina
    south dakota, tennessee, texas, utah, vermont, virginia, washington, west virginia, wisconsin, wyoming
    ontario, quebec, british columbia, alberta, nova scotia, queensland, victoria, tasmania, new south wales
    bavaria, catalonia, andalusia, tuscany, sicily, brittany, normandy, yorkshire, cornwall, midwest, abu dhabi
    accra, adelaide, aleppo, amman, amsterdam, ankara, antwerp, athens, atlanta, auckland, austin, baghdad
    baltimore, bangalore, bangkok, barcelona, basel, beijing, beirut, belfast, belgrade, bergen, berlin, bern
    bilbao, birmingham, bogota, boise, bologna, bombay, bordeaux, boston, bratislava, brisbane, bristol, brooklyn
    brussels, bucharest, budapest, buenos aires, cairo, calgary, cambridge, canberra, cape town, caracas, cardiff
    casablanca, charlotte, chennai, chicago, cincinnati, cleveland, coimbra, cologne, columbus, copenhagen, cork
    cracow, krakow, dakar, dallas, damascus, delhi, denver, detroit, dhaka, doha, dresden, dubai, dublin, durban
    düsseldorf, edinburgh, edmonton, eindhoven, essen, florence, frankfurt, galway, gdansk, geneva, genoa, ghent
    glasgow, gothenburg, granada, graz, hamburg, hanoi, hanover, havana, helsinki, ho chi minh city, hong kong
    honolulu, houston, hyderabad, innsbruck, istanbul, jakarta, jerusalem, johannesburg, kampala, kansas city
    karachi, kathmandu, kiev, kyiv, kolkata, kuala lumpur, kyoto, lagos, lahore, las vegas, lausanne, leeds
    leicester, leipzig, lille, lima, lisbon, liverpool, ljubljana, london, los angeles, luxembourg, lyon, madrid
    malaga, manchester, manhattan, manila, marseille, melbourne, memphis, mexico city, miami, milan, milwaukee
    minneapolis, minsk, montevideo, montreal, moscow, mumbai, munich, nairobi, nantes, naples, nashville
    new delhi, new orleans, new york city, nyc, newcastle, nice, nottingham, nuremberg, oakland, odessa, omaha
    orlando, osaka, oslo, ottawa, oxford, palermo, paris, perth, philadelphia, phoenix, pittsburgh, porto
    portland, prague, pune, queens, quito, raleigh, reykjavik, riga, rio de janeiro, riyadh, rome, rotterdam
    sacramento, salt lake city, salzburg, san antonio, san diego, san francisco, san jose, santiago, sao paulo
    são paulo, sarajevo, savannah, seattle, seoul, seville, shanghai, sheffield, shenzhen, sofia, southampton
    split, st louis, st. louis, stockholm, strasbourg, stuttgart, sydney, taipei, tallinn, tampa, tbilisi, tehran
    tel aviv, the hague, hague, thessaloniki, tirana, tokyo, toronto, toulouse, trieste, tucson, tulsa, tunis
    turin, utrecht, valencia, vancouver, venice, verona, vienna, vilnius, warsaw, washington dc, washington d.c
    wellington, winnipeg, yerevan, zagreb, zurich, deutschland, österreich, schweiz, frankreich, italien, spanien
    polen, dänemark, schweden, norwegen, finnland, belgien, niederlande, griechenland, türkei, russland, rumänien
    ungarn, tschechien, kroatien, serbien, slowenien, slowakei, irland, england, großbritannien, japan, china
    indien, brasilien, mexiko, kanada, syrien, ägypten, marokko, südafrika, australien, bayern, hessen, sachsen
    thüringen, brandenburg, niedersachsen, schleswig-holstein, nordrhein-westfalen, tirol, kärnten, wien, zürich
    genf, köln, münchen, nürnberg, hannover, bremen, bonn, dortmund, mannheim, freiburg, karlsruhe, augsburg
    münster, wiesbaden, mainz, kiel, lübeck, rostock, erfurt, magdeburg, halle, kassel, potsdam, heidelberg
    regensburg, ulm, linz, luzern, rom, mailand, venedig, neapel, florenz, lissabon, athen, warschau, krakau
    danzig, prag, brüssel, moskau, kopenhagen, peking, kairo
    """
)
