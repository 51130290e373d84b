"""The secrets of a home: the one list of the files that hold them, and the secret of the pages.

Who has one of these files can do what its reason says. `vanne backup` copies none of them, or seals
them into one file: a line of JSON, and ChaCha20-Poly1305 (RFC 8439) under a key that scrypt (RFC
7914) derives from a passphrase. The line is authenticated too. A secret of a setting is in no file
of the home, unless a variable such as `VANNE_SMTP_URL_FILE` names one. Of a token and of a session
the database holds the SHA-256 alone.
"""

import base64
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vanne.config import Home, secret_in
from vanne.errors import ConfigError, InputError, VerificationError, storing
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


SEALED = "secrets.enc"
SHORTEST_PASSPHRASE = 12
_COST = {"n": 2**17, "r": 8, "p": 1}  # 128 MiB and half a second for each guess
_HEADER = {"schema": "vanne/secrets/1", "kdf": "scrypt", **_COST}
PASSPHRASE = "VANNE_BACKUP_PASSPHRASE"  # noqa: S105  the variable, not the secret


def passphrase_in(environment: Mapping[str, str], what: str) -> str:
    """Return the passphrase of backups.

    Raises:
        ConfigError: `what` needs one, and there is none.
        StorageError: the file that holds it cannot be read.
    """
    if (secret := secret_in(environment, PASSPHRASE)) is None:
        todo = f"set {PASSPHRASE}, or {PASSPHRASE}_FILE"
        raise ConfigError(f"{what} needs a passphrase", todo=todo)
    return secret[0]


def seal(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Encrypt files, by name, under a passphrase.

    Raises:
        ConfigError: the passphrase is too short.
    """
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    if len(passphrase) < SHORTEST_PASSPHRASE:
        short = f"`{PASSPHRASE}` is shorter than {SHORTEST_PASSPHRASE} characters"
        raise ConfigError(short, todo="take five words or more by chance")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    header = json.dumps(_HEADER | {"salt": _text(salt), "nonce": _text(nonce)}).encode() + b"\n"
    content = json.dumps({name: _text(data) for name, data in files.items()}).encode()
    return header + ChaCha20Poly1305(_key(passphrase, salt)).encrypt(nonce, content, header)


def unseal(data: bytes, passphrase: str) -> dict[str, bytes]:
    """Return what `seal` encrypted.

    Raises:
        InputError: it is nothing that `seal` wrote.
        VerificationError: the passphrase is another one, or a byte was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    line, _, sealed = data.partition(b"\n")
    try:
        header: dict[str, Any] = dict(json.loads(line))
        salt, nonce = (base64.b64decode(header.pop(each)) for each in ("salt", "nonce"))
        if header != _HEADER or (len(salt), len(nonce)) != (16, 12):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        todo = "restore with the version of Vanne that made the backup"
        raise InputError(f"`{SEALED}` is not of this version's form", todo=todo) from None
    try:
        key = ChaCha20Poly1305(_key(passphrase, salt))
        content = json.loads(key.decrypt(nonce, sealed, line + b"\n"))
    except InvalidTag:
        wrong = f"`{SEALED}` does not open: the passphrase is another one, or the file was changed"
        raise VerificationError(wrong, todo=f"set {PASSPHRASE} as it was for the backup") from None
    return {name: base64.b64decode(text) for name, text in content.items()}


def _key(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, **_COST).derive(passphrase.encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
