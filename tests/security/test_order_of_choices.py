"""A no is a no, whatever the clocks say: choices hold by their place in the ledger."""

import ast
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import vanne
from tests.ledger.conftest import new_schema
from tests.web.network import START, item
from vanne.config import Home
from vanne.corpus import build, current, read, refresh, verify
from vanne.decide import People, decide
from vanne.decide.bulk import Engine
from vanne.decide.explain import explain_item
from vanne.decide.request import EvaluationRequest, Tables
from vanne.ledger import Ledger
from vanne.ledger.kinds import time_of
from vanne.night.plan import NightSource
from vanne.night.taking import take
from vanne.policy import load
from vanne.policy.load import text_of
from vanne.report.member import member_report
from vanne.report.public import NO, public_item
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Channel, Choice, Item, Member, Reason
from vanne.tokens import create
from vanne.web import create_app
from vanne_assist.own import passages_for

HOUR = timedelta(hours=1)
ROOT = Path(__file__).parents[2]
PEOPLE = [f"member-{number}" for number in range(40)]
POLICY = "linkedin-2025-11-03"
AFTERWARDS = str(ROOT / "tests" / "cases" / "policy" / "case-afterwards.toml")


def network(root: Path, database_url: str | None = None) -> Home:
    """A home of forty adults in Switzerland with three posts each, and no choice yet."""
    home = Home(root, database_url)
    posts = [item(f"{who}-{n}", who, "post") for who in PEOPLE for n in range(3)]
    write_items(posts, home.items / "items.parquet")
    born = datetime(1988, 4, 12, tzinfo=UTC).date()
    write_members([Member(who, "CH", born) for who in PEOPLE], home.members)
    home.policy.write_text(text_of(POLICY), encoding="utf-8")
    Ledger.create(home).close()
    return home


def said_no(home: Home) -> set[str]:
    """Whose last choice in the ledger is a no, by the place of the entries alone."""
    with Ledger.of(home, read_only=True) as ledger:
        last = {choice.member_id: choice.on for choice in ledger.choices()}
    return {who for who, on in last.items() if not on}


def owners(home: Home) -> set[str]:
    """Whose documents the current corpus holds."""
    return {document.owner for document in read(home, current(home))}


# Two servers


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return network(tmp_path, server and new_schema(server))


SERVER = f"""
import random, sys
sys.path.insert(0, {str(ROOT)!r})
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tests.security.test_order_of_choices import PEOPLE, START
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice

dice, ahead = random.Random(sys.argv[1]), timedelta(hours=float(sys.argv[2]))
home = Home(Path(sys.argv[3]), *sys.argv[4:])
with Ledger.of(home, patience_s=60) as ledger:
    for number in range(500):
        who, on = dice.choice(PEOPLE), dice.random() < 0.5
        now = START + ahead + timedelta(seconds=number)
        ledger.append([Choice(who, MAIN_PURPOSE, "all", on, now)])
"""


def serve(home: Home, seed: int) -> None:
    """Let two servers write five hundred choices each at once; their clocks are two hours apart."""
    where = [str(home.root), *([home.database_url] if home.database_url else [])]
    servers = [
        subprocess.Popen([sys.executable, "-c", SERVER, f"{seed} {ahead}", ahead, *where], cwd=ROOT)
        for ahead in ("-1", "1")
    ]
    assert [server.wait(600) for server in servers] == [0, 0]


def test_two_servers_two_hours_apart_leave_nobody_in_the_corpus_who_said_no(home: Home) -> None:
    build(home, START)
    assert owners(home) == set(PEOPLE)
    serve(home, seed=7)
    off = said_no(home)
    assert 5 < len(off) < 35

    refreshed = refresh(home, START)
    assert owners(home) == set(PEOPLE) - off
    assert build(home, START).version == refreshed.version
    verify(home, refreshed)
    for who in PEOPLE[:10]:
        assert member_report(home, who, START).state.on is (who not in off)

    with Ledger.of(home, read_only=True) as ledger:
        times = [time_of(record) for _, record in ledger.records() if record]
        assert times == sorted(set(times)) and len(times) == ledger.size == 1000
        assert ledger.fsck().ok


def test_a_refresh_hears_of_each_choice_whatever_its_clock_said(tmp_path: Path) -> None:
    home, dice, at = network(tmp_path), random.Random(3), START
    build(home, START)
    for _ in range(8):
        with Ledger.of(home) as ledger:
            for _ in range(10):
                at += dice.choice((-2, -1, 0, 1, 2)) * HOUR
                choice = Choice(dice.choice(PEOPLE), MAIN_PURPOSE, "all", dice.random() < 0.4, at)
                ledger.append([choice])
        refreshed = refresh(home, START)
        assert owners(home) == set(PEOPLE) - said_no(home)
    assert build(home, START).version == refreshed.version


@pytest.mark.parametrize("behind", [timedelta(seconds=-1), timedelta(0), 2 * HOUR], ids=str)
def test_a_refresh_whose_clock_is_behind_the_corpus_keeps_its_time_and_hears_the_no(
    tmp_path: Path, behind: timedelta
) -> None:
    home, fast = network(tmp_path), START + 2 * HOUR
    build(home, fast)
    with Ledger.of(home) as ledger:
        ledger.append([Choice("member-1", MAIN_PURPOSE, "all", False, START)])
    refreshed = refresh(home, fast - behind)
    assert "member-1" not in owners(home)
    assert refreshed.as_of == max(fast, fast - behind)
    assert build(home, refreshed.as_of).version == refreshed.version
    verify(home, refreshed)
    with program(home, START) as asked:
        asked.post("/v1/choices", json={"member_id": "member-2", "on": False})
    again = refresh(home, START)
    assert not {"member-1", "member-2"} & owners(home)
    assert (again.as_of, again.ledger_size) == (refreshed.as_of, refreshed.ledger_size + 1)


@pytest.mark.parametrize(("minutes", "is_ahead"), [(14, False), (15, False), (16, True)])
def test_a_corpus_of_a_time_to_come_is_a_problem_that_the_server_says(
    tmp_path: Path, minutes: int, *, is_ahead: bool
) -> None:
    home = network(tmp_path)
    build(home, START + timedelta(minutes=minutes))
    with program(home, START) as asked:
        assert ("corpus-ahead" in asked.get("/v1/ready").json()["problems"]) is is_ahead


# One client


def program(home: Home, now: datetime) -> TestClient:
    app = create_app(home, now=lambda: now)
    token = create(home, "tests", ("choices", "verdicts"), 1, datetime.now(UTC))
    headers = {"authorization": f"Bearer {token}"}
    return TestClient(app, base_url="http://127.0.0.1:8000", headers=headers)


@pytest.mark.parametrize("step", [-2 * HOUR, timedelta(0), 2 * HOUR], ids=str)
@pytest.mark.parametrize("on", [True, False])
def test_what_was_said_last_holds_at_once_though_the_clock_jumped(
    tmp_path: Path, step: timedelta, on: bool
) -> None:
    home = network(tmp_path)
    first, last = {"member_id": "member-1", "on": not on}, {"member_id": "member-1", "on": on}
    with program(home, START) as asked:
        assert asked.post("/v1/choices", json=first).status_code == 201
    with program(home, START + step) as asked:
        answer = asked.post("/v1/choices", json=last).json()
    assert (answer["holds"]["on"], answer["holds"]["changed"]) == (on, True)
    build(home, START)
    assert ("member-1" in owners(home)) is on
    assert member_report(home, "member-1", START).state.on is on


@pytest.mark.parametrize("asked_at", [START - 2 * HOUR, START, None], ids=str)
@pytest.mark.parametrize("ahead", [-2 * HOUR, timedelta(0), 2 * HOUR], ids=str)
def test_an_item_that_is_not_stored_yet_hears_the_no_of_every_clock(
    tmp_path: Path, ahead: timedelta, asked_at: datetime | None
) -> None:
    home = network(tmp_path)
    with program(home, START + ahead) as asked:
        asked.post("/v1/choices", json={"member_id": "member-2", "on": False})
    draft = {"item_id": "draft", "category": "post", "visibility": "public"}
    draft |= {"owner": "member-1", "created_at": START.isoformat()}
    question = {"items": [draft]} | ({"as_of": asked_at.isoformat()} if asked_at else {})
    with program(home, START) as asked:
        asked.post("/v1/choices", json={"member_id": "member-1", "on": False})
        answer = asked.post("/v1/decide", json=question).json()
    assert answer["verdicts"][0]["reason"] == "off"


def test_what_a_client_claims_of_when_decides_nothing(tmp_path: Path) -> None:
    home, slow = network(tmp_path), (START - 2 * HOUR).isoformat()
    with program(home, START) as asked:
        asked.post("/v1/choices", json={"member_id": "member-1", "on": True})
        answer = asked.post(
            "/v1/choices", json={"member_id": "member-1", "on": False, "at": slow}
        ).json()
        again = asked.post("/v1/choices", json={"member_id": "member-1", "on": False}).json()
    choice = answer["receipt"]["choice"]
    assert choice["claimed_at"] == "2026-11-20T07:00:00Z" and choice["at"] > choice["claimed_at"]
    assert answer["holds"]["on"] is False and answer["holds"]["changed"] is True
    assert again["holds"]["on"] is False and again["holds"]["changed"] is False
    build(home, START)
    assert "member-1" not in owners(home)


# Every door that decides


def asked(home: Home, engine: Engine) -> set[str]:
    """Whose items an engine allows, by the tables of a home and its ledger."""
    tables = str(home.items / "items.parquet"), str(home.members)
    with Ledger.of(home, read_only=True) as ledger:
        decided = vanne.decide(*tables, ledger, policy=POLICY, as_of=START, engine=engine)
    allowed = (row["item_id"] for row in decided.to_pylist() if row["reason"] == "allowed")
    return {item_id.rpartition("-")[0] for item_id in allowed}


def explained(home: Home) -> set[str]:
    question = EvaluationRequest.of(POLICY, START)
    with Ledger.of(home, read_only=True) as ledger:
        tables = Tables(str(home.items / "items.parquet"), str(home.members), ledger)
        return {
            who
            for who in PEOPLE
            if explain_item(tables, question, f"{who}-0").reason is Reason.ALLOWED
        }


def verified(home: Home) -> set[str]:
    verify(home, build(home, START))
    return owners(home)


def taken(home: Home) -> set[str]:
    """Whose new items a night would take for training."""
    allowed = set()
    for who in PEOPLE:
        write_items([item("new", who, "post")], home.root / "new.parquet")
        source = NightSource("posts", "items", str(home.root / "new.parquet"))
        report = take(home, source, START, dry=home.root / f"dry-{who}")
        allowed |= {who} if report.counts.get("allowed") else set()
    return allowed


def answered(home: Home) -> set[str]:
    drafts = [
        {"item_id": who, "owner": who, "category": "post", "visibility": "public"}
        | {"created_at": START.isoformat()}
        for who in PEOPLE
    ]
    with program(home, START) as client:
        verdicts = client.post("/v1/decide", json={"items": drafts}).json()["verdicts"]
    return {each["item_id"] for each in verdicts if each["reason"] == "allowed"}


def reported(home: Home) -> set[str]:
    reports = {who: member_report(home, who, START) for who in PEOPLE}
    return {who for who, report in reports.items() if sum(c.allowed for c in report.categories)}


def public(home: Home) -> set[str]:
    verdicts = dict.fromkeys(PEOPLE, Reason.ALLOWED)  # those of a corpus that heard nothing
    shown = {who: public_item(home, f"{who}-0", verdicts[who], START) for who in PEOPLE}
    return {who for who, each in shown.items() if each and each.usage != NO}


def switched(home: Home) -> set[str]:
    with program(home, START) as client:
        states = {who: client.get(f"/v1/members/{who}/state").json() for who in PEOPLE}
    return {who for who, state in states.items() if state["on"]}


def read_for_drafts(home: Home) -> set[str]:
    return {who for who in PEOPLE if passages_for(home, MAIN_PURPOSE, who, START)}


DOORS: dict[str, Callable[[Home], set[str]] | str] = {
    "vanne.corpus.building": lambda home: build(home, START) and owners(home),
    "vanne.corpus.intake": "counts members without a region or an age, whatever they chose",
    "vanne.corpus.verifying": verified,
    "vanne.decide.bulk": lambda home: asked(home, "reference"),
    "vanne.decide.cluster": "reads tables alone",
    "vanne.decide.explain": explained,
    "vanne.decide.kernel": lambda home: asked(home, "kernel"),
    "vanne.decide.loader": "what stands after so many entries; no time is given",
    "vanne.decide.sql.staging": lambda home: asked(home, "duckdb"),
    "vanne.forget.verifying": "the opt-outs of the entries before the size of a corpus",
    "vanne.night.taking": taken,
    "vanne.report.evaluate": "archives, in which no member has chosen",
    "vanne.report.member": reported,
    "vanne.report.public": public,
    "vanne.report.switches": switched,
    "vanne.web.api.decide": answered,
    "vanne_assist.own": read_for_drafts,
}
"""Each module that folds people's choices: whom it lets in, or why no time takes a choice away."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "src").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def names_of(module: ast.Module, room: str) -> set[str]:
    """What a module takes from the modules of a room."""
    imports = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
    return {
        each.name for node in imports if (node.module or "").startswith(room) for each in node.names
    }


def test_the_doors_are_those_that_the_code_has() -> None:
    """A module that folds choices is in the list, or this fails."""
    folding = {"People.of", "fold", "folded", "member_columns"}
    doors = set()
    for name, module in modules():
        if {each.partition(".")[0] for each in folding} & names_of(module, "vanne.decide"):
            calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
            doors |= {name} if folding & {ast.unparse(call.func) for call in calls} else set()
    assert doors == DOORS.keys()


def test_choices_are_held_against_a_time_in_tables_alone() -> None:
    """The time of a choice is compared with the time of asking where no ledger gives the order."""
    callers = {name for name, module in modules() if "until" in names_of(module, "vanne.decide")}
    assert callers == {"vanne.decide.request", "vanne.web.api.decide"}


@pytest.mark.parametrize("door", [name for name, way in DOORS.items() if callable(way)])
def test_each_door_hears_the_no_of_every_clock(tmp_path: Path, door: str) -> None:
    home = network(tmp_path)
    with Ledger.of(home) as ledger:  # two servers, whose clocks are two hours from that of asking
        for who, clock in (("member-1", 2 * HOUR), ("member-2", -2 * HOUR)):
            ledger.append([Choice(who, MAIN_PURPOSE, "all", False, START + clock)])
    way = DOORS[door]
    assert callable(way)
    assert way(home) == set(PEOPLE) - {"member-1", "member-2"}


# Every engine that reads a ledger

moments = st.integers(-5, 5).map(lambda hours: START + hours * HOUR)
choices = st.lists(
    st.builds(
        Choice,
        member_id=st.sampled_from(["ada", "bob", "stranger"]),
        purpose=st.just(MAIN_PURPOSE),
        scope=st.just("all"),
        on=st.booleans(),
        at=moments,
        claimed_at=st.none() | moments,
    )
    | st.builds(
        Choice,
        member_id=st.sampled_from(["ada", "bob", "stranger"]),
        purpose=st.just(MAIN_PURPOSE),
        scope=st.just("item"),
        target=st.sampled_from(["0", "1", "2"]),
        on=st.booleans(),
        at=moments,
        claimed_at=st.none() | moments,
    ),
    max_size=12,
)
BORN = datetime(1988, 4, 12, tzinfo=UTC).date()
MEMBERS = [Member("ada", "CH", BORN), Member("bob", "FR", BORN)]


def items() -> list[Item]:
    moments = (START + hours * HOUR for hours in range(-6, 7))
    made = [(who, at) for who in ("ada", "bob") for at in moments]
    return [item(str(n), who, "post", created_at=at) for n, (who, at) in enumerate(made)]


@settings(max_examples=15, deadline=None)
@given(choices, st.sampled_from([POLICY, AFTERWARDS]))
def test_engines_fold_a_ledger_by_its_places(
    tmp_path_factory: pytest.TempPathFactory, said: list[Choice], policy: str
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    tables = str(folder / "items.parquet"), str(folder / "members.parquet")
    write_items(items(), Path(tables[0]))
    write_members(MEMBERS, Path(tables[1]))
    engines: tuple[Engine, ...] = ("reference", "kernel", "duckdb")
    with Ledger.create(folder / "ledger.sqlite") as ledger:
        ledger.append(said)
        reference, *others = (
            vanne.decide(*tables, ledger, policy=policy, as_of=START, engine=each)["reason"]
            for each in engines
        )
    assert [each.to_pylist() for each in others] == [reference.to_pylist()] * 2
    last = {(c.member_id, c.scope, c.target): c.on for c in said}
    for each, reason in zip(items(), reference.to_pylist(), strict=True):
        is_off = not last.get((each.owner, "all", None), True)
        assert not (is_off and policy == POLICY and reason == "allowed")


def test_a_claimed_no_covers_what_came_before_its_entry_and_never_less(tmp_path: Path) -> None:
    """Where an objection covers what is published afterwards, in doubt the no wins."""
    rules = load(AFTERWARDS)
    posts = [item(str(n), "ada", "post", created_at=START + n * HOUR) for n in (-3, -1, 1, 3)]

    def reasons(claimed_at: datetime | None) -> list[str]:
        with Ledger.create(tmp_path / f"{claimed_at}.sqlite") as ledger:
            ledger.append([Choice("ada", MAIN_PURPOSE, "all", False, START, claimed_at=claimed_at)])
            people = People.of(MEMBERS, ledger.choices(), rules, MAIN_PURPOSE, START + 4 * HOUR)
        return [decide(post, people).value for post in posts]

    assert reasons(None) == ["allowed", "allowed", "off", "off"]
    assert reasons(START - 2 * HOUR) == ["allowed", "off", "off", "off"]
    assert reasons(START + 2 * HOUR) == ["allowed", "allowed", "off", "off"]


def test_a_clock_that_is_behind_the_ledger_makes_no_no_later(tmp_path: Path) -> None:
    """One server was an hour ahead: a no by a right clock covers from its own hour on."""
    with Ledger.create(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([Choice("bob", MAIN_PURPOSE, "all", False, START + HOUR)])
        ledger.append([Choice("ada", MAIN_PURPOSE, "all", False, START)])
        ada = list(ledger.choices())[1]
    assert ada.at == START + HOUR + timedelta(microseconds=1)
    assert (ada.claimed_at, ada.since) == (START, START)


# Whose words they are


def test_no_way_of_vannes_own_can_be_claimed_by_a_token(tmp_path: Path) -> None:
    home = network(tmp_path)
    with program(home, START) as asked:
        for channel in Channel:
            for spelt in (channel, f" {channel.upper()}", f"{channel}/x"):
                said = {"member_id": "member-1", "on": True, "channel": spelt}
                answer = asked.post("/v1/choices", json=said)
                assert answer.status_code == (201 if channel is Channel.API else 422), spelt
                assert channel is Channel.API or answer.json()["errors"][0]["field"] == "channel"


LOOK_ALIKES = {
    "full-width": "\uff57eb",
    "a sign that is not seen": "we\u200bb",
    "a soft hyphen": "we\u00adb",
    "Cyrillic": "w\u0435b",
    "an accent": "w\u00e9b",
    "turned round": "\u202ebew",
    "a space that does not break": "\u00a0web",
    "a line break": "web\nx",
    "the last of ASCII": "web\x7f",
}


def test_no_channel_that_looks_like_one_of_vannes_own_is_recorded(tmp_path: Path) -> None:
    said = {"member_id": "member-1", "on": True}
    with program(network(tmp_path), START) as asked:
        for name, channel in LOOK_ALIKES.items():
            answer = asked.post("/v1/choices", json=said | {"channel": channel})
            assert answer.status_code == 422, name
            assert answer.json()["errors"][0]["field"] == "channel"
        for channel in ("web~", "Hotline (Bern), 2"):
            assert asked.post("/v1/choices", json=said | {"channel": channel}).status_code == 201


def test_every_channel_that_vanne_writes_is_one_that_is_kept_for_it() -> None:
    """The next page or command that records something names its channel by `Channel`."""
    written = set()
    for path in (ROOT / "src" / "vanne").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "channel":
                literal = isinstance(node.value, ast.Constant | ast.JoinedStr)
                written |= {f"{path.name}: {ast.unparse(node.value)}"} if literal else set()
    assert {text for text in written if "Channel." not in text} == set()
