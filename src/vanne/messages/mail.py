"""Send e-mail through a mail server, or write it into a folder in a local demonstration.

`VANNE_SMTP_URL` (or the file that `VANNE_SMTP_URL_FILE` names) is the server's address:
`smtp://user:password@host:587`, with STARTTLS, or `smtps://` with TLS from the first byte (RFC
8314). `VANNE_MAIL_FROM` is the sender. Where the server is not set, messages are written to
`HOME/outbox`, which only its owner can read. Nothing about a message is logged.

Each address gets few messages, so that nobody can be pestered. Addresses are counted as keyed
hashes, in memory: the counts reveal no address, and are gone when the server stops. The page shows
the same answer whether a message was sent or held back.
"""

import hashlib
import re
import secrets
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from pathlib import Path
from secrets import token_hex
from urllib.parse import unquote, urlsplit

from vanne.config import Home
from vanne.errors import (
    BusyError,
    ConfigError,
    LostError,
    MissingError,
    RefusedError,
    VanneError,
)
from vanne.files import write_whole
from vanne.settings import Settings, is_loopback

SMTP_URL, MAIL_FROM = "VANNE_SMTP_URL", "VANNE_MAIL_FROM"
_PORTS = {"smtp": 587, "smtps": 465}
_PATIENCE_S = 10
_FOR_EVER = 500
"""From this reply on a server means for ever, below it for now (RFC 5321, section 4.2.1)."""
_WORD, _LABEL = r"[\w!#$%&'*+/=?^`{|}~-]+", r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})*", re.ASCII | re.IGNORECASE)
"""A dot-atom (RFC 5322, section 3.4.1) at a host name."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes messages. To another machine nothing is sent that is not encrypted."""

    host: str
    port: int
    sender: str
    is_tls: bool = False
    user: str = ""
    password: str = ""

    is_local = False

    def send(self, message: EmailMessage) -> None:
        """Hand a message over.

        Raises:
            LostError: the server went away meanwhile: it may have taken the message or not.
            MissingError: the server is not there, or does not take it now.
            RefusedError: the server does not take a message to this address.
        """
        context = ssl.create_default_context()
        begin = partial(smtplib.SMTP_SSL, context=context) if self.is_tls else smtplib.SMTP
        is_begun = is_taken = False
        try:
            with begin(self.host, self.port, timeout=_PATIENCE_S) as server:
                server.ehlo()
                if not self.is_tls and (server.has_extn("starttls") or not is_loopback(self.host)):
                    server.starttls(context=context)  # which fails if the server does not offer it
                if self.user:
                    server.login(self.user, self.password)
                is_begun = True
                server.send_message(message, self.sender)
                is_taken = True
        except (OSError, smtplib.SMTPException) as error:
            if is_taken:  # the farewell failed
                return
            if _is_refused(error):
                raise RefusedError(
                    "the mail server does not take messages to an address",
                    todo="have the member give another one",
                ) from None
            kind = type(error).__name__  # what it says may repeat an address
            has_answered = isinstance(
                error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused
            )
            if is_begun and not has_answered:
                raise LostError(
                    f"the mail server went away while it took a message ({kind})",
                    todo=f"check {SMTP_URL}",
                ) from None
            raise MissingError(
                f"the mail server did not take a message ({kind})", todo=f"check {SMTP_URL}"
            ) from None


def _is_refused(error: Exception) -> bool:
    """Say whether the server will never take a message to the one address."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= _FOR_EVER for code, _ in error.recipients.values())


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder that takes messages, one file each: for a demonstration on one machine."""

    folder: Path
    sender: str = "vanne@localhost"

    is_local = True

    def send(self, message: EmailMessage) -> None:
        """Write a message to a file that its owner alone can read.

        Raises:
            StorageError: it cannot be written.
        """
        name = f"{datetime.now():%Y%m%d-%H%M%S}-{token_hex(4)}.eml"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self.folder / name, message.as_bytes(policy=SMTP), mode=0o600)


Mail = MailServer | Outbox


def mail_of(settings: Settings, home: Home) -> Mail:
    """Return where messages go.

    Raises:
        ConfigError: a setting is missing or wrong.
    """
    address, sender = settings.smtp_url, settings.mail_from
    if address is None or not address.get_secret_value():
        return Outbox(home.root / "outbox")
    parts = urlsplit(address.get_secret_value())
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigError(f"{SMTP_URL} is not one", todo="use smtps://user:password@host:465")
    if not is_address(sender):
        raise ConfigError(f"{MAIL_FROM} is no e-mail address", todo="say who sends the messages")
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        sender=sender,
        is_tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def is_address(text: str) -> bool:
    """Say whether a text may be an e-mail address; only a message that arrives proves more.

    What mail programs read as something else than it looks is none (an encoded word of RFC 2047):
    it could be several addresses, and their messages would be counted as another's.

    >>> [is_address(t) for t in ("a.b+c@d.ch", "a b@c.ch", "a@b@c", "a@b\\n", "é@b.ch", "a@b,c@d")]
    [True, False, False, False, False, False]
    """
    return len(text) <= 254 and "=?" not in text and _ADDRESS.fullmatch(text) is not None


def message(mail: Mail, to: str, subject: str, text: str, **headers: str) -> EmailMessage:
    """Write a message in plain text; `headers` are named with `_` for `-`."""
    # no header is folded: a link that has no spaces would be encoded, and lead nowhere
    written = EmailMessage(policy=SMTP.clone(max_line_length=998))
    written["From"], written["To"], written["Subject"] = mail.sender, to, subject
    written["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer from holidays
    for name, value in headers.items():
        written[name.replace("_", "-")] = value
    written.set_content(text)
    return written


TO_ONE = "3/hour"
TO_ALL = "1000/hour"
"""More than that in one hour is an attack, and would make the mail server one."""


class LimitedMail:
    """Sends messages in plain text, no more than some to one address and some in all."""

    def __init__(self, server: Mail) -> None:
        self.server = server
        self._key = secrets.token_bytes(32)
        from limits import parse_many  # of the extra `web`: a command without it sends no mail
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        (self._to_one,), (self._to_all,) = parse_many(TO_ONE), parse_many(TO_ALL)

    def send(self, to: str, subject: str, text: str) -> None:
        """Send a message, unless that address was written to often enough lately.

        Raises:
            BusyError: too many messages were sent in all.
            MissingError, StorageError: it cannot be sent.
        """
        # one mailbox answers to several addresses; the hash says nobody's
        local, _, domain = to.casefold().partition("@")
        mailbox = f"{local.partition('+')[0]}@{domain}".encode()
        one = "one", hashlib.blake2b(mailbox, key=self._key, digest_size=16).hexdigest()
        # counted before it is sent: of several requests at once none may pass uncounted
        if not self._limiter.hit(self._to_one, *one):
            return
        try:
            if not self._limiter.hit(self._to_all, "all"):
                raise BusyError(
                    "too many messages were asked for in one hour", todo="try again later"
                )
            self.server.send(message(self.server, to, subject, text))
        except VanneError:
            self._limiter.clear(self._to_one, *one)  # who was not written to may try again
            raise
