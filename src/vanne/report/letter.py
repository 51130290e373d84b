"""The letter by which a member objects, by the law of their country, to the network's address.

Each law lies in `letters/LAW.toml`: the regions in which it holds, the letter and what to do after
it in four languages, what is uncertain, and its sources. The address is that of the controller that
the guide of the network names for the region. A letter holds nothing that its sender did not give:
square brackets stand for name, account and grounds. Where no law was read, the letter cites none.

>>> law_of("CH").name["fr"], law_of("CA-QC").key, law_of("JP").key
('LPD, art. 30', 'quebec', 'other')
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.report.assumptions import checked_region
from vanne.report.contacts import authority_of
from vanne.report.guide import Guide, GuideController
from vanne.terms import GROUPS
from vanne.words import Words, sentence

QUEBEC = "CA-QC"
"""The one part of a country (ISO 3166-2) with a law and an authority of its own here."""
NO_LAW = "other"
_GREETING = {
    "en": "Dear Sir or Madam,",
    "fr": "Madame, Monsieur,",
    "de": "Sehr geehrte Damen und Herren",
    "it": "Gentili Signore e Signori,",
}
_CLOSING = {
    "en": "Yours faithfully,",
    "fr": "Veuillez agréer, Madame, Monsieur, mes salutations distinguées.",
    "de": "Freundliche Grüsse",
    "it": "Distinti saluti",
}
_SENDER = (
    sentence("[first name and family name]"),
    sentence("[postal address]"),
    sentence("[e-mail address or name of the account]"),
)
_PLACE = sentence("[place], [date]")
_ADDRESS = sentence("[postal address: not known]")


@dataclass(frozen=True, slots=True)
class LawSource:
    """Where a law, or what an authority says of it, was read; `date` is that of the text."""

    title: str
    publisher: str
    date: date
    where: str


@dataclass(frozen=True, slots=True)
class Law:
    """A law by which members object. Each text is by language."""

    key: str
    regions: frozenset[str]
    name: Mapping[str, str]
    subject: Mapping[str, str]
    body: Mapping[str, str]
    after: Mapping[str, str]
    note: Mapping[str, str]
    sources: tuple[LawSource, ...]
    local: str = ""
    """The letter in the language of the country, if that is none of the four: it comes first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one network, ready to copy, and what goes with it, in one language.

    `remarks` say what is uncertain. `authority` is what to show of it, None where none is known.
    """

    law: Law
    controller: GuideController | None
    text: str
    remarks: Sequence[str]
    authority: Mapping[str, Any] | None

    def document(self, w: Words) -> dict[str, Any]:
        """Return it in the form of the documents."""
        at = self.controller
        return {
            "law": self.law.name[w.lang],
            "text": self.text,
            "to": {
                "name": at.name if at else None,
                "address": list(at.address) if at else [],
                "email": at.email if at else None,
                "form": at.form if at else None,
            },
            "after": self.law.after[w.lang],
            "remarks": list(self.remarks),
            "authority": self.authority,
            "sources": [
                {
                    "title": source.title,
                    "publisher": source.publisher,
                    "date": source.date.isoformat(),
                    "where": source.where,
                }
                for source in self.law.sources
            ],
        }


@cache
def laws() -> Mapping[str, Law]:
    """Return every law of which there is a letter, by its key."""
    found = dict[str, Law]()
    for file in sorted((files("vanne.report") / "letters").iterdir(), key=lambda file: file.name):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        regions = (GROUPS.get(code, frozenset((code,))) for code in data["regions"])
        key = file.name.removesuffix(".toml")
        data["regions"] = frozenset().union(*regions)
        data["sources"] = tuple(LawSource(**source) for source in data.get("sources", ()))
        found[key] = Law(key, **data)
    return found


def law_of(region: str | None) -> Law:
    """Return the law of a region; where none is known, the letter that cites none."""
    return next((law for law in laws().values() if region in law.regions), laws()[NO_LAW])


def countries() -> frozenset[str]:
    """Return the regions that have a law here."""
    return frozenset().union(*(law.regions for law in laws().values()))


def checked_country(code: str) -> str:
    """Return a country's code, or that of Quebec, as it is written.

    Raises:
        InputError: it is none.
    """
    return QUEBEC if code.strip().upper() == QUEBEC else checked_region(code)


def country_words(region: str, w: Words) -> str:
    """Name a country, or Quebec."""
    return w("Canada, Quebec") if region == QUEBEC else w.region(region)


def controller_of(guide: Guide, region: str | None) -> GuideController | None:
    """Return who answers for the members in a region: by its own code, else its group's, else all.

    None if the guide names nobody for it.
    """
    country = (region or "").partition("-")[0]
    for fits in (
        lambda code: code == country,
        lambda code: country in GROUPS.get(code, ()),
        lambda code: code == "WORLD",
    ):
        for controller in guide.controllers:
            if any(map(fits, controller.codes)):
                return controller
    return None


def letter_of(guide: Guide, region: str | None, w: Words) -> Letter:
    """Write the letter to a network for a member in a region, in the member's language."""
    law, at, lang = law_of(region), controller_of(guide, region), w.lang
    address = (at.address if at else ()) or (w(_ADDRESS),)
    parts = [
        "\n".join(map(w, _SENDER)),
        "\n".join((at.name if at else guide.name, *address)),
        w(_PLACE),
        law.subject[lang],
        _GREETING[lang],
        law.body[lang].strip().replace("{network}", guide.name),
        _CLOSING[lang],
        w(_SENDER[0]),
    ]
    text = "\n\n".join(parts) + "\n"
    if law.local:
        to = "\n".join((at.name, *at.address) if at else (guide.name,))
        local = law.local.strip().replace("{to}", to).replace("{network}", guide.name)
        text = f"{local}\n\n* * *\n\n{text}"
    notes = [law.note[lang]]
    if at and at.note:
        notes.append(at.note[lang])  # type: ignore[index]
    if at is None:
        unread = sentence("Who answers at %(network)s for your country was not read.")
        notes.append(w(unread, network=guide.name))
    return Letter(law, at, text, notes, _authority(region, w))


def _authority(region: str | None, w: Words) -> dict[str, Any] | None:
    authority = authority_of(region)
    if authority is None:
        return None
    return {
        "names": [name for _, name in authority.named(w.lang)],
        "web": authority.web,
        "complaint": authority.complaint,
        "address": list(authority.address),
        "note": authority.note and w(authority.note),
        "as_of": authority.as_of.isoformat(),
    }
