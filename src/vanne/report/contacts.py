"""The data protection authority of a member's region, and the operator's own contact.

The authorities lie in `authorities.toml`, with the day on which they were gathered. For a region
that is not listed no authority is named: the one of another country would mislead people.

>>> authority_of("CH").named("fr")
[('fr', 'Préposé fédéral à la protection des données et à la transparence (PFPDT)')]
>>> authority_of("FI").named("fr")[0]
('fi', 'Tietosuojavaltuutetun toimisto')

The operator states its contact in `HOME/contact.toml`:

    name = "Datenschutz, Beispiel AG"       # the data protection officer, or who answers
    email = "privacy@example.org"
    web = "https://example.org/privacy"     # a form or a page, optional
    address = "Beispielgasse 1, 8000 Zürich"

All keys are optional; without the file the page says that no contact is given.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files

from vanne.config import Home
from vanne.errors import ConfigError, did_you_mean, storing
from vanne.words import sentence

NOTES = {
    "laender": sentence(
        "For a company in Germany, the authority of its Land is competent; this one says which."
    ),
    "moved": sentence("It has moved lately: take its postal address from its website."),
}


@dataclass(frozen=True, slots=True)
class Authority:
    """A supervisory authority. `names` are by language, its own first; `as_of` dates the facts.

    `complaint` is the page on complaints, and `address` where letters go, if they are known.
    """

    names: Mapping[str, str]
    web: str
    as_of: date
    note: str | None
    complaint: str | None = None
    address: tuple[str, ...] = ()

    def named(self, lang: str) -> list[tuple[str, str]]:
        """Name it to a reader: in their language if it has such a name, else its own and English.

        Each name goes with the language that it is in.
        """
        if lang in self.names:
            return [(lang, self.names[lang])]
        names = dict([next(iter(self.names.items()))])
        if "en" in self.names:
            names["en"] = self.names["en"]
        return list(names.items())


def authority_of(region: str | None) -> Authority | None:
    """Return the authority of a region, or None if the region or its authority is not known."""
    return authorities().get(region or "")


@cache
def authorities() -> Mapping[str, Authority]:
    """Return every authority that we know, by region."""
    source = files("vanne.report") / "authorities.toml"
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    as_of, same = data.pop("as_of"), data.pop("same")
    known = {
        region: Authority(
            entry["names"],
            entry["web"],
            as_of,
            NOTES.get(entry.get("note")),
            entry.get("complaint"),
            tuple(entry.get("address", ())),
        )
        for region, entry in data.items()
    }
    return known | {region: known[other] for region, other in same.items()}


@dataclass(frozen=True, slots=True)
class Contact:
    """The operator's data protection officer, or whoever answers for them."""

    name: str | None = None
    email: str | None = None
    web: str | None = None
    address: str | None = None


def contact_of(home: Home) -> Contact | None:
    """Return the contact that the operator gives, or None.

    Raises:
        ConfigError: the file is not what it should be: the key, and what to do.
    """
    if not home.contact.exists():
        return None
    with storing("`contact.toml`"):
        text = home.contact.read_bytes()
    try:
        facts = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("contact.toml: not valid TOML", todo="mend its syntax") from error
    known = [field.name for field in fields(Contact)]
    for key, value in facts.items():
        if key not in known:
            raise ConfigError(f"contact.toml: unknown key `{key}`", todo=did_you_mean(key, known))
        if not isinstance(value, str):
            raise ConfigError(f"contact.toml: `{key}` is not a text", todo="write it in quotes")
        if not value.strip():
            raise ConfigError(f"contact.toml: `{key}` is empty", todo="fill it, or leave it out")
    if not facts.get("web", "https://").startswith("https://"):
        raise ConfigError("contact.toml: `web` is no https address", todo="begin it with https://")
    return Contact(**facts) if facts else None
