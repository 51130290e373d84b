"""Nights with random choices, items, drifts of the sources and kills, until the time is over.

    python benchmarks/soak --minutes 60

After each night everything that may be read is compared with what plain Python says of the same
rows. In the end the ledger is checked, the corpus is verified, and a refresh must be a build. It
prints one line a night and ends with 1 at the first difference.
"""

import argparse
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from vanne.config import Home
from vanne.corpus import build, current, read, refresh, verify
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE

START = datetime(2026, 6, 1, 2, tzinfo=UTC)
MEMBERS = 300
FINE, SPOILT, HELD = 0, 65, 76
DRIFTS = ("none", "none", "none", "subjects gone", "times torn", "file torn", "category", "again")
KILLED = 0.4
"""How likely a night is killed, once or more often."""
PLAN = """
policy = "linkedin-2025-11-03"

[[sources]]
name = "people"
table = "members"
from = "{lake}/members.parquet"

[[sources]]
name = "switches"
table = "choices"
from = "{lake}/choices.parquet"

[[sources]]
name = "posts"
table = "items"
from = "{lake}/items.parquet"
watermark = "updated_at"
"""
NIGHT = """
import sys
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from vanne.config import Home
from vanne.night import read_plan, run
from vanne.settings import Settings
at = datetime.fromisoformat(sys.argv[3])
clock = (at + timedelta(seconds=n / 2) for n in count())
home, plan, accept = Home(Path(sys.argv[1])), read_plan(Path(sys.argv[2])), sys.argv[4:]
report = run(home, plan, Settings(), clock.__next__, accept=accept)
print(report.line)
sys.exit(report.exit_code)
"""
Row = dict[str, object]


@dataclass
class Truth:
    """What the sources have had so far, and who is off."""

    items: list[Row] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)
    """Items that no good night has taken yet."""
    choices: list[Row] = field(default_factory=list)
    off: set[str] = field(default_factory=set)

    def choose(self, pick: random.Random, at: datetime) -> None:
        """Let some members switch, all at different times."""
        for n in range(pick.randrange(8)):
            member, on = f"m{pick.randrange(MEMBERS)}", pick.random() < 0.3
            when = at - timedelta(hours=2) + timedelta(seconds=n)
            self.choices.append({"member_id": member, "purpose": MAIN_PURPOSE, "scope": "all",
                                 "on": on, "at": when})  # fmt: skip
            (self.off.discard if on else self.off.add)(member)

    def write(self, pick: random.Random, at: datetime) -> None:
        """Let some members write."""
        for n in range(len(self.items), len(self.items) + pick.randrange(20, 120)):
            subjects = [f"m{pick.randrange(MEMBERS)}"] if n % 3 == 0 else []
            tags = ["union"] if pick.random() < 0.1 else []
            row: Row = {"item_id": f"i{n}", "owner": f"m{pick.randrange(MEMBERS)}"}
            row |= {"subjects": subjects, "tags": tags, "category": "post", "text": f"Text {n}."}
            row |= {"created_at": at - timedelta(days=1), "updated_at": at - timedelta(hours=1)}
            self.items.append(row)
            self.new.append(row)

    def allowed(self, row: Row) -> bool:
        """Say whether an item may be used: a post of nobody who is off, and not sensitive."""
        people = {str(row["owner"]), *row["subjects"]}  # type: ignore[misc]
        return row["category"] == "post" and not row["tags"] and not people & self.off


def lay(lake: Path, truth: Truth, drift: str) -> None:
    """Write what the sources have tonight."""
    lake.mkdir(exist_ok=True)
    members = [{"member_id": f"m{n}", "region": "CH" if n % 2 else "DE",
                "birth_date": datetime(1980, 1, 1).date()} for n in range(MEMBERS)]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(members), lake / "members.parquet")
    pq.write_table(pa.Table.from_pylist(truth.choices), lake / "choices.parquet")
    items = pa.Table.from_pylist(truth.items if drift == "again" else truth.new)
    if drift == "subjects gone":
        items = items.drop_columns(["subjects"])
    elif drift == "times torn":
        place = items.schema.get_field_index("updated_at")
        items = items.set_column(place, "updated_at", pa.array([1] * len(items)))
    path = lake / "items.parquet"
    pq.write_table(items, path)
    if drift == "file torn":
        path.write_bytes(path.read_bytes()[:-50])


def night(
    home: Home, plan: Path, at: datetime, kills: list[float], *accept: str
) -> tuple[int, str]:
    """Run a night to its end, after it was killed so often."""
    command = [sys.executable, "-c", NIGHT, str(home.root), str(plan)]
    for turn, seconds in enumerate([*kills, 600]):
        moment = (at + timedelta(minutes=10 * turn)).isoformat()
        process = subprocess.Popen(
            [*command, moment, *accept],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with suppress(subprocess.TimeoutExpired):
            out, _ = process.communicate(timeout=seconds)
            return process.returncode, out.strip()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return -1, "it did not end"


def soak(folder: Path, minutes: float, seed: int) -> Counter[str]:
    """Do nights until the time is over; return how often what happened.

    Raises:
        SystemExit: something is not as it has to be.
    """
    pick, truth, met = random.Random(seed), Truth(), Counter[str]()
    home, lake, end = Home(folder / "home"), folder / "lake", time.monotonic() + 60 * minutes
    lake.mkdir()
    plan, taken = lake / "night.toml", list[Row]()
    plan.write_text(PLAN.format(lake=lake))
    truth.choices = [{"member_id": "m0", "purpose": MAIN_PURPOSE, "scope": "all", "on": False,
                      "at": START - timedelta(days=2)}]  # fmt: skip
    truth.off = {"m0"}
    while time.monotonic() < end or not met["nights"]:
        at = START + timedelta(days=met["nights"])
        drift = pick.choice(DRIFTS) if met["nights"] > 3 else "none"
        truth.choose(pick, at)
        truth.write(pick, at)
        if drift == "category":
            truth.new = [row | {"category": "story"} for row in truth.new]
        lay(lake, truth, drift)
        kills = [pick.uniform(0.2, 4)] * pick.randrange(1, 3) if pick.random() < KILLED else []
        code, line = night(home, plan, at, kills)
        met.update({"nights": 1, "kills": len(kills), drift: 1, f"code {code}": 1})
        print(f"{at:%Y-%m-%d}  {drift:14} killed {len(kills)}  code {code}  {line[:110]}")
        wanted = FINE if drift in ("none", "again", "category") else SPOILT
        if code == HELD and drift == "again":  # the categories of a night before are right again
            seen = {each.item_id for each in read(home, current(home))}
            opened = seen - {str(row["item_id"]) for row in taken if truth.allowed(row)}
            if opened:
                sys.exit(f"{len(opened)} items are open though they were held back")
            code, line = night(home, plan, at + timedelta(hours=1), [], "posts")
        if code == FINE:
            taken = list(truth.items) if drift == "again" else taken + truth.new
            truth.new = []
        right = {str(row["item_id"]) for row in taken if truth.allowed(row)}
        seen = {each.item_id for each in read(home, current(home))}
        if code != wanted or seen != right:
            sys.exit(f"code {code} for {wanted}; {len(seen - right)} too many, "
                     f"{len(right - seen)} too few")  # fmt: skip
    check(home)
    return met


def check(home: Home) -> None:
    """Check the ledger, decide everything again, and compare a refresh with a build."""
    with Ledger.of(home, read_only=True) as ledger:
        problems = ledger.fsck().problems
    verify(home, current(home))
    later = current(home).as_of + timedelta(hours=1)
    same = refresh(home, later, make_current=False) == build(home, later, make_current=False)
    if problems or not same:
        sys.exit(f"{len(problems)} problems of the ledger; refresh is build: {same}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory(prefix="soak-") as folder:
        met = soak(Path(folder), given.minutes, given.seed)
    print(", ".join(f"{what} {count}" for what, count in sorted(met.items())))
    print("the ledger holds, the corpus verifies, and a refresh is a build")


if __name__ == "__main__":
    main()
