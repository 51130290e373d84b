"""How skills are called: `HOME/skills.csv`, with the columns `name`, `preferred` and maybe `uri`.

Without the file a skill is called as its member calls it. The file can be made from the skills of
ESCO, which an operator downloads: they are not shipped here (`docs/reference/writing.md` says why).
"""

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from vanne.errors import ConfigError, storing
from vanne.folding import fold
from vanne.screening import without_placeholders

FILE = "skills.csv"
_COLUMNS = ("name", "preferred")


def preferred_names(root: Path) -> Mapping[str, str]:
    """Return the preferred name of each skill by its folded name; nothing without a file.

    Raises:
        ConfigError: the file is not such a table.
    """
    path = root / FILE
    if not path.exists():
        return {}
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        rows = csv.DictReader(StringIO(data.decode("utf-8-sig")), strict=True)
        missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ConfigError(f"`{FILE}` has no column `{missing[0]}`", todo="name it in line 1")
        return {key(row["name"]): row["preferred"].strip() for row in rows if row["preferred"]}
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"`{FILE}` is not CSV in UTF-8", todo="save it as CSV, UTF-8") from error


def key(name: str) -> str:
    """Return a skill's name as it is compared.

    >>> key(" Gestion  de l'eau ")
    "gestion de l'eau"
    """
    return " ".join(fold(word) for word in without_placeholders(name).split())
