"""Two real witnesses over HTTP: a log that tells two stories finds nobody to cosign the second."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ledger.conftest import offs
from tests.ledger.histories import restored
from vanne.cli import cli
from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.encoding import to_base64
from vanne.ledger.follow import folder_reader, follow
from vanne.ledger.witness import WitnessDesk, serve
from vanne.ledger.witnesses import cosigned_at, read_policy

AT = 1_800_000_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """What witnesses see does not depend on where the ledger is kept."""
    with Ledger.create(tmp_path / "l.sqlite") as opened:
        yield opened


@pytest.fixture
def desks(ledger: Ledger, tmp_path: Path) -> list[WitnessDesk]:
    log = [Verifier.parse(ledger.vkey)]
    return [
        WitnessDesk.open(tmp_path / name, f"witness.example/{name}", log) for name in ("a", "b")
    ]


@pytest.fixture
def policy(ledger: Ledger, desks: list[WitnessDesk], tmp_path: Path) -> Iterator[Path]:
    """Two of two witnesses, each with a server of its own."""
    lines = [f"log {ledger.vkey}"]
    with ExitStack() as stack:
        for desk in desks:
            server = stack.enter_context(serve(desk, ("127.0.0.1", 0), lambda: AT))
            threading.Thread(target=server.serve_forever).start()
            stack.callback(server.shutdown)
            where = f"http://127.0.0.1:{server.server_port}/"
            lines.append(f"witness {desk.folder.name} {desk.signer.verifier.vkey} {where}")
        path = tmp_path / "policy"
        path.write_text("\n".join([*lines, "group both 2 a b", "quorum both"]) + "\n")
        yield path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


def published(ledger: Ledger, policy: Path) -> Result:
    folder = policy.parent
    return run("ledger", "publish", folder / "l.sqlite", "--out", folder / "log",
               "--witnesses", policy)  # fmt: skip


def request(ledger: Ledger, old: int, note: str | None = None) -> str:
    proof = "".join(f"{to_base64(each)}\n" for each in ledger.consistency(old)) if old else ""
    return f"old {old}\n{proof}\n{note or ledger.checkpoint()}"


def test_a_witness_answers_as_the_standard_says(ledger: Ledger, desks: list[WitnessDesk]) -> None:
    desk = desks[0]
    ledger.append(offs(3))
    first = ledger.checkpoint()
    status, line = desk.add(request(ledger, 0), AT)
    assert status == HTTPStatus.OK
    assert cosigned_at(first + line, desk.signer.verifier) == AT
    ledger.append(offs(4, start=3))
    assert desk.add(request(ledger, 0), AT) == (HTTPStatus.CONFLICT, "3\n")
    assert desk.add(request(ledger, 3)[:-1], AT)[0] == HTTPStatus.FORBIDDEN
    assert desk.add(f"old 3\n\n{ledger.checkpoint()}", AT)[0] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert desk.add(f"old 8\n\n{ledger.checkpoint()}", AT)[0] == HTTPStatus.BAD_REQUEST
    assert desk.add(f"old 03\n\n{ledger.checkpoint()}", AT)[0] == HTTPStatus.BAD_REQUEST
    assert desk.add(request(ledger, 3, "other.example/log\n1\n"), AT)[0] == HTTPStatus.NOT_FOUND
    assert desk.add(request(ledger, 3), AT)[0] == HTTPStatus.OK
    again = WitnessDesk.open(desk.folder, desk.signer.name, desk.logs)
    assert again.add(request(ledger, 3), AT) == (HTTPStatus.CONFLICT, "7\n")
    assert again.add(f"old 7\n\n{ledger.checkpoint()}", AT)[0] == HTTPStatus.OK


def test_who_publishes_and_who_reads_ask_for_two_of_two(
    ledger: Ledger, policy: Path, tmp_path: Path
) -> None:
    ledger.append(offs(3))
    assert published(ledger, policy).exit_code == 0
    ledger.append(offs(300, start=3))
    assert "cosigned by the witnesses a, b" in published(ledger, policy).output
    log = tmp_path / "log"
    followed = run("ledger", "follow", log, "--witnesses", policy)
    assert "is the one that you gave" not in followed.output
    assert "cosigned by the witnesses a, b" in followed.output
    ledger.append(offs(1, start=303))
    proof = tmp_path / "proof.json"
    note = log / "checkpoint"
    proof.write_text(
        run("ledger", "prove", 5, "--ledger", tmp_path / "l.sqlite", "--checkpoint", note).stdout
    )
    said = json.loads(run("verify", proof, "--witnesses", policy, "--json").stdout)
    assert (said["size"], said["pinned"], said["cosigned"]) == (303, True, ["a", "b"])
    receipt = tmp_path / "receipt.json"
    for entry, holds in ((5, True), (6, False)):
        receipt.write_text(json.dumps(ledger.receipt(entry)))
        done = run("verify", receipt, "--inclusion", proof, "--witnesses", policy)
        assert ("log of 303, cosigned by the witnesses a, b" in done.output) is holds
        assert holds or "of another entry than the receipt" in str(done.exception)
    lines = note.read_text().splitlines(keepends=True)
    document = json.loads(proof.read_text())
    proof.write_text(json.dumps(document | {"checkpoint": "".join(lines[:-1])}))
    assert "1 of 2 cosigned" in str(run("verify", proof, "--witnesses", policy).exception)


def test_a_log_that_tells_two_stories_is_published_to_nobody(
    ledger: Ledger, policy: Path, tmp_path: Path
) -> None:
    ledger.append(offs(2))
    path = tmp_path / "l.sqlite"
    with restored(path):
        ledger.append(offs(2, start=2))
        assert published(ledger, policy).exit_code == 0
        cosigned = (tmp_path / "log" / "checkpoint").read_text()
    with Ledger(path) as other:
        other.append(offs(3, start=50))
        (tmp_path / "log").rename(tmp_path / "shown-to-others")
        refused = published(other, policy).exception
    assert "has seen another history" in str(refused) and "0 of 2 cosigned" in str(refused)
    assert not (tmp_path / "log" / "checkpoint").exists()
    assert follow(
        folder_reader(tmp_path / "shown-to-others"), witnesses=read_policy(policy)
    )[1] == cosigned  # fmt: skip


def test_one_witness_that_is_away_is_named_and_enough_is_what_the_policy_says(
    ledger: Ledger, policy: Path
) -> None:
    ledger.append(offs(3))
    text = policy.read_text()
    away = text.replace(text.split("witness b ")[1].split()[1], "http://127.0.0.1:9/")
    policy.write_text(away)
    refused = published(ledger, policy).exception
    assert "1 of 2 cosigned" in str(refused) and "`b`: it cannot be reached" in str(refused)
    policy.write_text(away.replace("both 2", "both any"))
    done = published(ledger, policy)
    assert done.exit_code == 0 and "cosigned by the witnesses a\n" in done.output
    assert "the witness `b` has not cosigned: it cannot be reached" in done.stderr


def test_a_cosignature_of_other_words_is_wrong(ledger: Ledger, desks: list[WitnessDesk]) -> None:
    ledger.append(offs(3))
    line = desks[0].add(request(ledger, 0), AT)[1]
    ledger.append(offs(1, start=3))
    with pytest.raises(VerificationError, match=r"the cosignature of .* is wrong"):
        cosigned_at(ledger.checkpoint() + line, desks[0].signer.verifier)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("quorum all", "line 4"),
        ("group g 3 a b", "line 4: it cannot be met"),
        ("group g 1 c", "line 4: a member is unknown"),
        ("witness c LOG", "line 4: that is not a verifier key"),
        ("", "there must be one line `quorum`"),
    ],
)
def test_a_policy_that_says_nothing_sure_is_refused(
    ledger: Ledger, desks: list[WitnessDesk], tmp_path: Path, line: str, what: str
) -> None:
    keys = [f"witness {desk.folder.name} {desk.signer.verifier.vkey}" for desk in desks]
    path = tmp_path / "policy"
    path.write_text("\n".join(["# ours", *keys, line.replace("LOG", ledger.vkey)]))
    with pytest.raises(InputError, match=what):
        read_policy(path)
