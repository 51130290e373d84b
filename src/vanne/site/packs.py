"""Hand the network packs on to where nothing can check them: checked here, read there as data.

The tables of a pack are dataclasses once pydantic has checked them. They are written as a pickle,
which goes into the page beside the program and is never read from anywhere else.
"""

import pickle

from vanne.packs import working
from vanne.packs.pack import CHECKED, CheckedPack
from vanne.report.guide import load_guide
from vanne.sources.readers import kinds_of

PACKS = "packs.pickle"
"""Where they lie in the page."""


def written_packs() -> bytes:
    """Check Vanne's own packs, and return what they say: the same bytes each time.

    Raises:
        ConfigError: something in a pack is wrong.
    """
    checked = {
        pack.key: CheckedPack(
            pack.facts, tuple(kinds_of(pack)), load_guide(pack.key) if pack.guide else None
        )
        for pack in working()
        if pack.origin == "Vanne"
    }
    return pickle.dumps(checked, protocol=5)


def take_packs(data: bytes) -> None:
    """Use what `written_packs` returned, instead of reading and checking the files."""
    CHECKED.update(pickle.loads(data))  # noqa: S301  # the page's own, made by its build
