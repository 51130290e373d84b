"""Load the conformance cases: policy, people, items, and the reason that each item must get."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "cases"
DEFAULTS = {"owner": "ada", "category": "post", "created_at": "2024-05-01T12:00:00Z"}
ADA = {"member_id": "ada", "region": "CH", "birth_date": "1990-04-12"}


@dataclass(frozen=True)
class Case:
    """One conformance case, as JSON rows of the public tables."""

    name: str
    policy: str
    as_of: datetime
    members: list[dict[str, Any]]
    choices: list[dict[str, Any]]
    items: list[dict[str, Any]]
    expected: list[str]

    def write(self, folder: Path) -> dict[str, str]:
        """Write the tables as JSON Lines; return their paths by name."""
        paths = {}
        for table in ("items", "members", "choices"):
            path = folder / f"{table}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in getattr(self, table)))
            paths[table] = str(path)
        return paths


def load_cases() -> list[Case]:
    return [_load(path) for path in sorted((CASES / "decide").glob("*.json"))]


def _load(path: Path) -> Case:
    case = json.loads(path.read_text())
    items = [DEFAULTS | {"item_id": f"item-{n}"} | row for n, row in enumerate(case["items"])]
    expected = [item.pop("expect") for item in items]
    listed = {row["member_id"] for row in case["members"]}
    policy = case["policy"]
    return Case(
        name=path.stem,
        policy=str(CASES / "policy" / policy) if policy.endswith(".toml") else policy,
        as_of=datetime.fromisoformat(case["as_of"]).astimezone(UTC),
        members=case["members"] + ([] if "ada" in listed else [ADA]),
        choices=case["choices"],
        items=items,
        expected=expected,
    )
