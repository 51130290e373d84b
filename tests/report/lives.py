"""A small network with a past: Anna says no, comes back, writes, and says no to posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.members import replace_members
from tests.train.tiny import SALT
from tests.web.network import BORN, MEMBERS, START, choice, item, make_home
from vanne.config import Home
from vanne.corpus import Manifest, build, current, read, refresh
from vanne.files import write_whole
from vanne.forget import Certificate, ForgetRequest, forget
from vanne.forget.history import register
from vanne.forget.requests import opening
from vanne.ledger import Ledger
from vanne.sources.tables import write_items
from vanne.terms import Choice, Member
from vanne.train.fit import fit
from vanne.train.settings import TrainingSettings

SERVED = START + timedelta(hours=1)
NO = START + timedelta(days=1)
BACK = START + timedelta(days=2)
NO_POSTS = START + timedelta(days=3)
NOW = START + timedelta(days=4)
GROUND = ["wanted: a miller"]
BARE = Member("hugo", "CH", BORN)
"""A member who has nothing here."""


@dataclass(frozen=True)
class PastLife:
    """The home, the versions of its corpus, and the certificates."""

    home: Home
    versions: tuple[Manifest, ...]
    models: tuple[str, ...]
    left: Certificate
    came_back: Certificate

    @property
    def at_once(self) -> str:
        """The certificate with which Anna's items left the model that served."""
        return self.left.steps[0]

    @property
    def interim(self) -> str:
        """The model that served until the slices that had held them were trained again."""
        return str(self.left.document["at_once"][0]["model"])


def said(home: Home, *choices: Choice) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.append(choices)


def forgotten(
    home: Home, tiny: TrainingSettings, before: Manifest, at: datetime, receipts: Sequence[int]
) -> Certificate:
    after = current(home)
    with Ledger(home.ledger, read_only=True) as ledger:
        asked = [opening(ledger, index) for index in receipts]
    done = forget(
        list(read(home, after)),
        home.model,
        ForgetRequest(before.version, after.version, lambda: at, tuple(asked), home.certificates),
        ground=GROUND,
        at_once_first=True,
    )
    register(home, lambda: at)
    return done


def make_past(root: Path, tiny: TrainingSettings) -> PastLife:
    """Live through four versions of the corpus and three models."""
    home = make_home(root)
    replace_members([*MEMBERS, BARE], home)
    for path in (home.corpus / "manifests").iterdir():
        path.unlink()
    write_whole(home.model / "salt", SALT, mode=0o600)  # Anna is before others in her shard
    first = build(home, START)
    trained = fit(
        read(home, first),
        home.model,
        tiny,
        corpus_version=first.version,
        ground=GROUND,
        at=SERVED,
    )
    register(home, lambda: SERVED)
    said(home, choice("anna", on=False, at=NO))
    second = refresh(home, NO)
    left = forgotten(home, tiny, first, NO, [4])
    said(home, choice("anna", on=True, at=BACK))
    write_items([item("a-new", "anna", "post", "De retour")], home.items / "new.parquet")
    third = refresh(home, BACK)
    came_back = forgotten(home, tiny, second, BACK, [])
    said(home, choice("anna", on=False, at=NO_POSTS, scope="category", target="post"))
    fourth = refresh(home, NO_POSTS)
    models = trained.version, left.after, came_back.after
    return PastLife(home, (first, second, third, fourth), models, left, came_back)
