"""`--json` prints one document with a schema, in the commands that scripts call."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

TABLES = Path(__file__).parents[2] / "examples" / "tables"
Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def asked(vanne: Run) -> Asked:
    """Call a command with `--json` in the home of the example, and read its document."""
    members = TABLES / "members.csv"
    vanne("corpus", "init", "--policy", "linkedin-2025-11-03", "--members", members)

    def ask(line: str) -> dict[str, Any]:
        done = vanne(*line.split(), "--json")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return ask


def test_a_script_makes_and_revokes_a_token(asked: Asked) -> None:
    made = asked("token create recruiting --scope verdicts --scope reports --days 30")
    assert made["schema"] == "vanne/token/1"
    assert made["token"].startswith(f"vanne_{made['id']}_")
    assert (made["name"], made["scopes"]) == ("recruiting", ["verdicts", "reports"])
    listed = asked("token list")["tokens"]
    assert [each["id"] for each in listed] == [made["id"]]
    assert "token" not in listed[0]
    revoked = asked(f"token revoke {made['id']}")
    assert (revoked["schema"], revoked["revoked"] is None) == ("vanne/token-revoked/1", False)


def test_receipts_and_proofs_are_json_with_and_without_the_option(asked: Asked, vanne: Run) -> None:
    objected = asked("objections add --name Erna")
    taken_back = asked(f"objections review {objected['index']} --withdrawn")
    assert {objected["schema"], taken_back["schema"]} == {"vanne/receipt/1"}
    assert asked("ledger prove 0") == json.loads(vanne("ledger", "prove", "0").stdout)


def test_policies_are_listed_and_printed(asked: Asked, vanne: Run) -> None:
    listed = asked("policy explain --lang fr")
    assert "linkedin-2025-11-03" in [each["name"] for each in listed["policies"]]
    shown = asked("policy explain linkedin-2025-11-03 --toml")
    assert shown["toml"] == vanne("policy", "explain", "linkedin-2025-11-03", "--toml").stdout
    assert shown["name"] == "linkedin-2025-11-03"
