"""Find evidence of a member's age: a birth date in a CV, and schools for people under age.

A school is recognised by its name, in Europe's languages, or by the degree. In a CV a date counts
as a birth date only if the text names it as one. A school counts if its years stand with it, unless
the CV has a birth date, or the person teaches or works at that school.

>>> facts_of_cv("Ana Lac\\nNée le 14 mars 2011 à Flussau").birth_date
datetime.date(2011, 3, 14)
"""

import re
from contextlib import suppress
from datetime import date

from vanne.folding import fold
from vanne.sources.dates import MONTHS, birth_date, first_day, last_day
from vanne.sources.reading import MemberFacts, School

_NAMED = re.compile(
    r"""\b(?: date\ de\ naissance | ne(?:e|\(e\)|\.e|·e)?
      | geburts(?:datum|tag|jahr) | geb(?:oren|\.) | jahrgang
      | data\ di\ nascita | nat[oa](?:/[oa])?
      | date\ of\ birth | birth\ ?(?:date|day) | d\.?o\.?b\b\.? | born
      )
      (?:\ (?:a|in)\ [^\W\d][^\d\n]{1,30}?)?
      (?:\ (?:le|en|am|im\ jahr|il|l'|nel|on|in)\b)?
      [\s:.,()*\-–|]{0,8}
      (?P<said> (?P<day>\d{1,2})(?:er|st|nd|rd|th|\.|°)?\s+
          (?P<month>[a-z]{3,10})\.?,?\s+(?P<year>\d{4})
        | \d{1,4}[./\-]\s?\d{1,2}[./\-]\s?\d{2,4}
        | [a-z]{3,10}\ \d{1,2},?\ \d{4}
        | (?:19|20)\d\d )\b
    """,
    re.VERBOSE,
)
_OTHERS = re.compile(
    r"\b(?:enfants?|fils|fille|kind(?:er)?|sohn|tochter|figli[oae]?|child(?:ren)?|son|daughter)\b"
)
_READ = 200_000
"""In so many signs a CV has said who somebody is."""
_SHORT = 30
"""A line of fewer signs may hold nothing but years."""
_YEARS = re.compile(
    r"(?P<start>\b(?:19|20)\d\d)\s*(?:-|–|—|a|bis|to|al?)\s*(?:\d\d?[./])?"
    r"(?:(?P<end>(?:19|20)\d\d)|(?:aujourd|present|heute|oggi|now|today|en cours|in corso|$))"
    r"|\b(?:depuis|seit|since|dal)\b[^\d\n]{0,12}(?:\d\d?[./])?(?P<since>(?:19|20)\d\d)"
)
_WORKS = re.compile(
    r"lehrer|lehrperson|lehrkraft|lehramt|dozent|enseign|profess|teach|docen|insegnan|maestr|tutor"
    r"|praktik|stagiaire|assist|sekret|secret|hauswart|concierge|direct|berat|koch|cuisin"
)


def facts_of_cv(text: str) -> MemberFacts:
    """Return the day of birth that a CV names, or else the secondary schools with their years."""
    lines = fold(text[:_READ]).split("\n")
    folded = "\n".join(lines)
    for match in _NAMED.finditer(folded):
        before = folded[folded.rfind("\n", 0, match.start()) + 1 : match.start()]
        is_of_something = match["said"].isdigit() and before.rstrip()[-1:].isalpha()
        if _OTHERS.search(before) or is_of_something:
            continue
        day = None
        if match["month"] is None:
            day = birth_date(match["said"], date.max)
        elif month := MONTHS.get(match["month"]):
            with suppress(ValueError):
                day = date(int(match["year"]), month, int(match["day"]))
        if day:
            return MemberFacts(birth_date=day)
    schools = []
    for at, line in enumerate(lines):  # their years stand there, or alone in the line before
        around = "\n".join(lines[max(at - 1, 0) : at + 2])
        if not is_secondary(line) or _WORKS.search(around):
            continue
        above = lines[at - 1] if at else ""
        years = _YEARS.search(line) or (_YEARS.search(above) if len(above) < _SHORT else None)
        if years:
            start, end = years["start"] or years["since"], years["end"] or ""
            schools.append(School(first_day(start), last_day(end)))
    return MemberFacts(schools=tuple(schools))


_SECONDARY = re.compile(
    r"""
      \b(?:(?:junior|senior)?\ ?high\ ?school | (?:secondary|grammar|comprehensive|middle)\ school
        | sixth[\ -]form | (?:junior|senior)\ high
        | lycees? | ecoles?\ secondaires? | (?:enseignement|degre|cycle)\ secondaire
        | cycle\ d.?\ ?orientation | ecole\ de\ culture\ generale
        | athenee
        | lice[oi] | scuol[ae]\ (?:media|medie|secondari[ae]|elementare|cantonale\ di\ commercio)
        | istitut[oi]\ (?:tecnic[oi](?!\ superior)|professional[ei]|comprensivo|magistrale
          |(?:d.|di\ )istruzione) | (?:itis|itc|itcg|ipsia|ipssar|ipseoa|isis|iis)
        | instituto\ de\ (?:educacion|ensenanza)\ secundaria | escola\ secundaria | ensino\ medio
        | middelbare\ school | vwo | havo | vmbo | scholengemeenschap | videregaende )\b
      | sekundarschul | bezirksschul | (?<!berufs)oberschul | gesamtschul | hauptschul
      | gemeinschaftsschul | stadtteilschul | regelschul | kantonsschul | volksschul(?!lehr)
      | (?:fach|wirtschafts|handels|diplom|informatik)mittelschul | realschul | sekundarstufe
      | orientierungsschul | gymnasieskol
    """,
    re.VERBOSE,
)
_MAYBE_SECONDARY = re.compile(
    r"gymnasi(?:um|en|al)\b|\bgymnase|\blyceum\b|\bkollegium\b|mittelschul|\bscuol[ae] superior"
    r"|\bcol[eé]gio\b|\bcoll[eè]ge (?!of\b|for\b|board\b|station\b)|\bcollège\b|\bliceum\b"
    r"|\btechnikum\b"
)
_HIGHER = re.compile(
    r"hochschul|haute ecole|universit|sant'anna|business college|de mexico|mayor\b|de abogados"
    r"|coll[eè]ge (?:de france|d.europe|des? (?:hautes|ingenieurs|bernardins|medecins)"
    r"|universitaire|communautaire|international de philosophie)"
)
_HIGHER_DEGREE = re.compile(
    r"\b(?:bachelor|b\.?sc|b\.?a|master|m\.?sc|m\.?a|mba|licence|ph\.?d|doctor|doctorat|laurea|bts"
    r"|but|dut|hnd|prepa|preparatoires?|agregation|capes|teacher|lehrer\w*|enseignante?|docente)\b"
)
_SCHOOL_DEGREE = re.compile(
    r"\b(?:gcses?|a[- ]?levels?|international baccalaureate|baccalaureat|bac|maturite|maturita"
    r"|(?:fach|berufs)?matura|abitur|brevet|high school diploma|diploma di maturita|secondary"
    r"|ib diploma|esame di stato)\b"
)


def is_secondary(school: str, degree: str = "") -> bool:
    """Say whether a school is one for people under age, by its name or by what it leads to.

    >>> is_secondary("Sekundarschule Flussau"), is_secondary("Universität Flussau")
    (True, False)
    """
    name = school.casefold().replace("’", "'")
    plain = fold(school)
    is_maybe = any(map(_MAYBE_SECONDARY.search, (name, plain)))
    if _SECONDARY.search(plain) or _SCHOOL_DEGREE.search(fold(degree)):
        return True
    return is_maybe and not any(map(_HIGHER.search, (name, plain)))


def has_studied(degree: str) -> bool:
    """Say whether a degree is one of higher education."""
    return _HIGHER_DEGREE.search(fold(degree)) is not None
