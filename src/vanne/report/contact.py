"""Whom a member can write to: what the operator says in `HOME/contact.toml`.

    name = "Datenschutz, Beispiel AG"       # the data protection officer, or who answers
    email = "privacy@example.org"
    web = "https://example.org/privacy"     # a form or a page, optional
    address = "Beispielgasse 1, 8000 Zürich"

All keys are optional; without the file the page says that no contact is given.
"""

import tomllib
from dataclasses import dataclass, fields

from vanne.config import Home
from vanne.errors import ConfigError, did_you_mean, storing


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
        given = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("contact.toml: not valid TOML", todo="mend its syntax") from error
    known = [field.name for field in fields(Contact)]
    for key, value in given.items():
        if key not in known:
            raise ConfigError(f"contact.toml: unknown key `{key}`", todo=did_you_mean(key, known))
        if not isinstance(value, str):
            raise ConfigError(f"contact.toml: `{key}` is not a text", todo="write it in quotes")
        if not value.strip():
            raise ConfigError(f"contact.toml: `{key}` is empty", todo="fill it, or leave it out")
    if not given.get("web", "https://").startswith("https://"):
        raise ConfigError("contact.toml: `web` is no https address", todo="begin it with https://")
    return Contact(**given) if given else None
