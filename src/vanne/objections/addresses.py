"""Is it the same address? The two are written in one way and compared; nothing is guessed.

What people copy from a browser differs from what an export holds in the scheme, a leading `www.`,
the case of the host, a slash at the end, percent-encoding (RFC 3986, section 6.2.2), and what comes
after `?` or `#`. All of that is dropped. The path keeps its case, and another subdomain is another
address: to take two people for one would be worse than to ask a person.
"""

import re
import unicodedata
from urllib.parse import unquote

_SCHEME = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
_PORT = re.compile(r":(?:80|443)?$")


def address_of(text: str) -> str:
    """Return an address in the form in which two that are the same are equal.

    >>> address_of("https://www.LinkedIn.com/in/marie-d%C3%BCpont/?trk=x#top")
    'linkedin.com/in/marie-düpont'
    >>> address_of("guest-7")
    'guest-7'
    """
    text, is_web = _SCHEME.subn("", text.strip())
    text = re.split(r"[?#]", text, maxsplit=1)[0]
    host, slash, path = text.partition("/")
    if not is_web and not slash and "." not in host:
        return host  # an id of the network's own
    host = _PORT.sub("", host.casefold()).removeprefix("www.").rstrip(".")
    return unicodedata.normalize("NFC", (host + slash + unquote(path)).rstrip("/"))
