"""Which country somebody means: by its code, or by its name in a profile."""

from vanne.errors import InputError, did_you_mean, phrase
from vanne.terms import GROUPS, REGIONS

_OTHER_NAMES = {
    "turkey": "TR",
    "czech republic": "CZ",
    "hong kong sar": "HK",
    "hong kong": "HK",
    "macau": "MO",
    "macao": "MO",
    "macedonia": "MK",
    "usa": "US",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "russian federation": "RU",
    "south korea": "KR",
    "korea": "KR",
    "republic of korea": "KR",
    "the netherlands": "NL",
    "viet nam": "VN",
    "ivory coast": "CI",
    "swaziland": "SZ",
    "bosnia and herzegovina": "BA",
    "trinidad and tobago": "TT",
    "myanmar": "MM",
    "palestine": "PS",
    "brunei darussalam": "BN",
}
"""Country names that profiles use and the territory names of CLDR do not."""


def checked_region(region: str) -> str:
    """Return the ISO 3166-1 code in capitals.

    Raises:
        InputError: there is no country with this code.
    """
    code = region.strip().upper()
    if code in REGIONS:
        return code
    named = "GB" if code == "UK" else region_of(region)
    if named is not None:
        todo = phrase("did you mean `%(word)s`?", word=named)
    elif code in GROUPS:
        several = phrase("`%(code)s` is several countries: give the code of yours, such as `FR`")
        todo = phrase(several, code=code)
    else:
        todo = phrase("give its two letters, such as `CH` or `FR`")
        if len(code) == 2 and (near := did_you_mean(code, sorted(REGIONS))).startswith("did"):
            todo = near
    raise InputError(phrase("no region has the code `%(code)s`", code=region), todo=todo)


def region_of(location: str) -> str | None:
    """Return the code of the country that a profile's location ends with, if it names one.

    >>> region_of("Lausanne, Vaud, Switzerland"), region_of("Greater Paris Metropolitan Region")
    ('CH', None)
    """
    from babel.core import Locale

    country = " ".join(location.rsplit(",", 1)[-1].split()).casefold()
    if country in _OTHER_NAMES:
        return _OTHER_NAMES[country]
    for lang in ("en", "fr", "de", "it"):
        for code, name in Locale(lang).territories.items():
            if code in REGIONS and name.casefold() == country:
                return str(code)
    return None
