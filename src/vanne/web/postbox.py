"""Messages to people who are not signed in: few to each address, so that nobody can be pestered.

Addresses are counted as keyed hashes, in memory: which were written to cannot be read from it, and
is forgotten when the server stops. Whoever asks is told the same, written to or not.
"""

import hashlib
import secrets

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from vanne.errors import BusyError, VanneError
from vanne.web.mail import Mail, message

TO_ONE = "3/hour"
TO_ALL = "1000/hour"
"""More than that in one hour is an attack, and would make the mail server one."""


class Postbox:
    """Sends messages in plain text, no more than some to one address and some in all."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self._key = secrets.token_bytes(32)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        (self._to_one,), (self._to_all,) = parse_many(TO_ONE), parse_many(TO_ALL)

    def send(self, to: str, subject: str, text: str) -> None:
        """Send a message, unless that address was written to often enough lately.

        Raises:
            BusyError: too many messages were sent in all.
            MissingError, StorageError: it cannot be sent.
        """
        one = "one", self._hash(to)
        # counted before it is sent: of several requests at once none may pass uncounted
        if not self._limiter.hit(self._to_one, *one):
            return
        try:
            if not self._limiter.hit(self._to_all, "all"):
                raise BusyError(
                    "too many messages were asked for in one hour", todo="try again later"
                )
            self.mail.send(message(self.mail, to, subject, text))
        except VanneError:
            self._limiter.clear(self._to_one, *one)  # who was not written to may try again
            raise

    def _hash(self, address: str) -> str:
        """Return what stands for an address; the same for those that one mailbox answers to."""
        local, _, domain = address.casefold().partition("@")
        mailbox = f"{local.partition('+')[0]}@{domain}"
        return hashlib.blake2b(mailbox.encode(), key=self._key, digest_size=16).hexdigest()
