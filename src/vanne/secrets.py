"""The secrets of a home: the one list of the files that hold them, and the secret of the pages.

Who has one of these files can do what its reason says. `vanne backup` copies none of them. A secret
of a setting is in no file of the home, unless a variable such as `VANNE_SMTP_URL_FILE` names one.
Of a token and of a session the database holds the SHA-256 alone.
"""

import hmac
import os
import secrets
from pathlib import Path

from vanne.config import Home
from vanne.errors import storing
from vanne.files import PRIVATE, write_whole

WEB_SECRET = "web.secret"  # noqa: S105  the name of the file, not the secret
SECRETS = {
    "ledger.key": "signs the log: with a copy of the log, it signs another history",
    "export.key": "names the rows of exports: a receiver could tell whose a row is",
    WEB_SECRET: "seals the links in mails and makes idempotency keys",
    "model/certificate.key": "signs certificates",
    "model/salt": "says which member is in which shard, and takes away the noise of `private`",
    "outbox/*": "messages of a demonstration, with links that work",
}
"""Each file, as a pattern of its path in the home, and what can be done with it."""


def secret_files(home: Home) -> set[Path]:
    """Return the paths, in the home, of the files there that hold a secret."""
    root, variables = home.root.resolve(), [v for v in os.environ if v.startswith("VANNE_")]
    paths = [path for pattern in SECRETS for path in root.glob(pattern)]
    for path in (Path(os.environ[each]) for each in variables if each.endswith("_FILE")):
        paths.append(path.parent.resolve() / path.name)
    return {path.relative_to(root) for path in paths if path.is_relative_to(root)}


def secret_of(folder: Path) -> str:
    """Return the secret of the pages of a home, making it on first use (mode 0600).

    Raises:
        StorageError: it cannot be read or written.
    """
    path = folder / WEB_SECRET
    if not path.exists():
        write_whole(path, secrets.token_hex(32).encode())
    with storing(f"`{path.name}`"):
        path.chmod(PRIVATE)
        return path.read_text().strip()


def keyed(folder: Path, *parts: str) -> str:
    """Return a digest that nobody can make from its parts without the secret of the pages.

    An idempotency key is one: the ledger keeps it when everything that came with it is erased, and
    it must not say whose that was.

    Raises:
        StorageError: the secret cannot be read or written.
    """
    secret = secret_of(folder).encode()
    return hmac.new(secret, "\n".join(parts).encode(), "sha256").hexdigest()
