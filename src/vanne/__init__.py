"""Vanne decides which data of a network's members may train generative AI, and proves it.

The packages follow the path of the data:

    sources      reads archives and tables into items
    policy       what may be used for which purpose
    ledger       every choice, append-only and signed
    objections   people who are no members, and the items about them
    decide       the verdict on each item, with its reason
    screening    takes pay, contacts and secrets out of texts
    corpus       the allowed items, as a view
    train        trains a model on a corpus
    inference    answers with the model, and exports it
    forget       takes items out of the model, and certifies it
    report       what a member or an operator is told
    web, cli     pages, API and commands; neither holds a rule
    site         the page for a browser, in which nothing leaves the page
    words        sentences in four languages
    database     everything that changes and is no choice
    demo         a made-up network

Plug-ins (`vanne.plugins`) bring the rest. The public names are those of `__all__`; each is loaded
when it is first used (docs/reference/python.md).
"""

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # as type checkers take it; `typing` takes longer to import than all of this
if TYPE_CHECKING:
    from vanne.corpus.corpus import Corpus
    from vanne.decide.bulk import decide
    from vanne.decide.sql.text import to_sql
    from vanne.errors import VanneError
    from vanne.forget.runs import forget, train
    from vanne.ledger.ledger import Ledger
    from vanne.policy.policy import Policy
    from vanne.report.guide import guide
    from vanne.report.inspection import inspect
    from vanne.report.verification import verify
    from vanne.screening.screen import screen

__version__ = "0.2.0"
__all__ = [
    "Corpus",
    "Ledger",
    "Policy",
    "VanneError",
    "decide",
    "forget",
    "guide",
    "inspect",
    "screen",
    "to_sql",
    "train",
    "verify",
]

_ROOMS = {
    "Corpus": "vanne.corpus.corpus",
    "Ledger": "vanne.ledger.ledger",
    "Policy": "vanne.policy.policy",
    "VanneError": "vanne.errors",
    "decide": "vanne.decide.bulk",
    "forget": "vanne.forget.runs",
    "guide": "vanne.report.guide",
    "inspect": "vanne.report.inspection",
    "screen": "vanne.screening.screen",
    "to_sql": "vanne.decide.sql.text",
    "train": "vanne.forget.runs",
    "verify": "vanne.report.verification",
}
"""Where each public name comes from."""


class _Contents(ModuleType):
    """Loads a public name when it is first used.

    Some rooms are called as what they do: `vanne.decide` is the function, and what is in the room
    is imported by its full name, `from vanne.decide.bulk import ...`.
    """

    def __getattr__(self, name: str) -> object:
        if name not in _ROOMS:
            raise AttributeError(f"module `{self.__name__}` has no attribute `{name}`")
        value: object = getattr(import_module(_ROOMS[name]), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        # The import system would put a room in the place of the function of its name.
        if not (name in _ROOMS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Contents
