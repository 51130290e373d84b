"""The words that stand beside a purpose's switch: a page shows them, and the ledger keeps them.

A choice keeps the words themselves, in the language in which its member read them, and no id that
somebody would have to look up. So they are under the signature, and the receipt shows them.
"""

from vanne.config import Home
from vanne.policy.schedule import notice_at
from vanne.report.settings import PurposeSwitch
from vanne.terms import MAIN_PURPOSE
from vanne.words import purpose_words, sentence, words

_ABOUT = sentence(
    "In plain words: whether your data may be used to train AI models that write content."
)
_CHANGES_NOTHING_ELSE = sentence(
    "Your choice does not change how you are ranked or shown to others."
)
"""True of training alone: `test_one_purpose.py` of assist searches before and after an opt-out."""


def words_shown(home: Home, switch: PurposeSwitch, lang: str) -> tuple[str, ...]:
    """Return what the page of a purpose says of it beside its switch: first what it is called.

    The last line names the notice by which the policy came into force, if one did.
    """
    w, purpose = words(lang), purpose_words(switch.purpose, switch.rules.words, lang)
    notice = notice_at(home, switch.as_of)
    of_training = (_ABOUT, _CHANGES_NOTHING_ELSE) if switch.purpose == MAIN_PURPOSE else ()
    lines = (
        purpose.title,
        purpose.help,
        *map(w, of_training),
        w("Notice %(name)s", name=notice.notice) if notice else "",
    )
    return tuple(line for line in lines if line)


def objection_words(lang: str) -> tuple[str, ...]:
    """Return what people who are no members say no to, as the page and the message put it."""
    w = words(lang)
    return (
        w("No to training AI on data about me"),
        w("It covers what members wrote about me, and what is found under the address I give."),
    )
