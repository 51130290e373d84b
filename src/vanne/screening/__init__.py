"""What is never read although the item may be: pay, ways to reach people, papers, passwords.

In comes the text of an item that may be used, in French, English, German or Italian; out comes the
text with a typed placeholder (`[SALARY]`, `[PHONE]`) where something of these kinds stood, and how
many of each kind. Always true: the same text gives the same result under the same rules, which
`rules_digest` names; what was found is counted and never kept; a column gives what its texts give.
"""

from vanne.screening.kinds import (
    KINDS,
    PLACEHOLDER,
    placeholder,
    rules_digest,
    without_placeholders,
)
from vanne.screening.screen import Span, find, redact

__all__ = [
    "KINDS",
    "PLACEHOLDER",
    "Span",
    "find",
    "placeholder",
    "redact",
    "rules_digest",
    "without_placeholders",
]
