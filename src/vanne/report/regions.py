"""Which country somebody means: by its code, or by its name in a profile."""

from vanne.errors import InputError, did_you_mean
from vanne.terms import GROUPS, REGIONS
from vanne.words import Message

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
        todo = Message("did-you-mean", word=named)
    elif code in GROUPS:
        todo = Message("region-is-group", code=code)
    else:
        todo = Message("use-two-letters")
        near = did_you_mean(code, sorted(REGIONS))
        if len(code) == 2 and near.code == "did-you-mean":
            todo = near
    raise InputError(Message("region-unknown-code", code=region), todo=todo)


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
