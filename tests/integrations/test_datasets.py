"""An export is a dataset of Hugging Face, and a receiver deletes what a later one names."""

import json
from pathlib import Path

import pytest

from tests.integrations.conftest import Command
from tests.web.network import make_home

pytest.importorskip("datasets", reason="run `./run integrations`")

LOAD = """\
import json, sys
from datasets import load_dataset

data = load_dataset(sys.argv[1], split="train")
removed = {json.loads(line)["key"] for line in open(sys.argv[2])} if len(sys.argv) > 2 else set()
data = data.filter(lambda row: row["key"] not in removed)
print(json.dumps({"columns": data.column_names, "keys": data["key"][:], "texts": data["text"][:]}))
"""

DESCRIBED = """\
import json, sys
from mlcroissant import Dataset

data = Dataset(sys.argv[1])
assert not (data.metadata.issues.errors or data.metadata.issues.warnings), data.metadata.issues
print(json.dumps([row["items/key"].decode() for row in data.records("items")]))
"""


def test_it_loads_and_a_receiver_deletes_what_was_removed(command: Command, tmp_path: Path) -> None:
    make_home(tmp_path / "network")
    command("vanne", "corpus", "export", "--out", "first")
    first = json.loads(command("python", "-c", LOAD, "first"))
    assert len(first["keys"]) == len(set(first["keys"])) == 7
    described = command("python", "-c", DESCRIBED, "first/croissant.json")
    assert sorted(json.loads(described.splitlines()[-1])) == sorted(first["keys"])
    command("vanne", "choose", "anna", "off")
    command("vanne", "corpus", "refresh")
    command("vanne", "corpus", "export", "--out", "second", "--since", "first")
    left = json.loads(command("python", "-c", LOAD, "first", "second/removed.jsonl"))
    second = json.loads(command("python", "-c", LOAD, "second"))
    assert sorted(left["keys"]) == sorted(second["keys"])
    assert len(left["keys"]) < len(first["keys"])
