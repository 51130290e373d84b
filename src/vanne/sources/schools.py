"""Tells schools for people under age by their names, in Europe's languages, or by the degree."""

import re
from unicodedata import combining, normalize

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
    plain = without_accents(name)
    is_maybe = any(map(_MAYBE_SECONDARY.search, (name, plain)))
    if _SECONDARY.search(plain) or _SCHOOL_DEGREE.search(without_accents(degree.casefold())):
        return True
    return is_maybe and not any(map(_HIGHER.search, (name, plain)))


def has_studied(degree: str) -> bool:
    """Say whether a degree is one of higher education."""
    return _HIGHER_DEGREE.search(without_accents(degree.casefold())) is not None


def without_accents(text: str) -> str:
    """Return a text with the letters alone.

    >>> without_accents("lycée")
    'lycee'
    """
    return "".join(c for c in normalize("NFKD", text) if not combining(c))
