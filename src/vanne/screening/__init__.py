"""Screen the text of an allowed item: redact pay, contact data, identity numbers and passwords.

In comes the text of an item that may be used, in French, English, German or Italian. Out comes the
text with a typed placeholder (`[SALARY]`, `[PHONE]`) in the place of each match, and the number of
matches of each kind. Always true: the same text gives the same result under the same rules, which
`rules_digest` names; matches are counted and never stored; a column gives what its texts give one
by one.

* `screen`: one text at a time; `bulk`: columns of texts
* `identifiers`, `addresses`, `pay`: the rules that find each kind
* `words`: the words of the rules, from `words/*.toml`
* `kinds`: the kinds, their placeholders, and the digest of the rules
"""

from vanne.screening.kinds import (
    KINDS,
    PLACEHOLDER,
    placeholder,
    rules_digest,
    without_placeholders,
)
from vanne.screening.screen import ScreenedText, Span, find, redact, screen

__all__ = [
    "KINDS",
    "PLACEHOLDER",
    "ScreenedText",
    "Span",
    "find",
    "placeholder",
    "redact",
    "rules_digest",
    "screen",
    "without_placeholders",
]
