"""`vanne azure train --dry-run`: what would be sent."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.azure.conftest import Vanne, settings_text
from tests.azure.server import Azure
from tests.photo_network import AS_OF, DENIED, MEMBERS, say
from vanne.config import Home
from vanne.corpus import build
from vanne.sources.tables import write_items
from vanne.terms import Item


def examples(out: Path) -> list[list[dict[str, Any]]]:
    """Read the file as Azure would."""
    data = out.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return [json.loads(line)["messages"] for line in data[3:].decode().splitlines()]


def test_a_text_answers_a_neutral_question_in_its_own_language(run: Vanne, tmp_path: Path) -> None:
    done = run("train", "-n", "--out", tmp_path / "out.jsonl")
    assert done.exit_code == 0, done.output
    asked = {rows[1]["content"]: rows[0]["content"] for rows in examples(tmp_path / "out.jsonl")}
    assert len(asked) == 24
    assert asked["A post, the 0th"].endswith("professionnel. Genre : post.")
    assert asked["A post, the 1th"].endswith("write them. Kind: post.")
    assert asked["A post, the 2th"].endswith("schreiben. Art: post.")
    assert asked["A post, the 3th"].endswith("professionale. Tipo: post.")
    assert asked["A post, the 4th"] == asked["A post, the 5th"] == asked["A post, the 1th"]
    assert "24 examples" in done.stdout


def test_nothing_denied_and_no_member_is_in_it_and_lines_do_not_lie_by_member(
    run: Vanne, tmp_path: Path
) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        assert run("train", "-n", "--out", tmp_path / name).exit_code == 0
    first, second = ((tmp_path / name).read_bytes() for name in ("a.jsonl", "b.jsonl"))
    assert first == second and DENIED.encode() not in first
    assert not any(f"{member}-".encode() in first for member in MEMBERS)  # the ids of items
    texts = [rows[1]["content"] for rows in examples(tmp_path / "a.jsonl")]
    posts = [text for text in texts if "A post" in text]
    assert posts != sorted(posts, key=lambda text: int(text.split()[-1].removesuffix("th")))


def test_counts_close_and_the_setting_takes_a_sample_of_redacted_texts(
    run: Vanne, home: Home, azure: Azure, tmp_path: Path
) -> None:
    rows = [
        Item(f"call-{n}", member, "post", text=f"Call me, no {n}: +41 79 123 45 67.", lang="en",
             created_at=datetime(2024, 5, 1, tzinfo=UTC))
        for n, member in enumerate(MEMBERS[:5])
    ]  # fmt: skip
    write_items(rows, home.items / "calls.parquet")
    build(home, AS_OF)
    counts = json.loads(run("train", "-n", "--out", tmp_path / "all.jsonl", "--json").stdout)[
        "counts"
    ]
    text = (tmp_path / "all.jsonl").read_text("utf-8")
    assert "123 45 67" not in text and text.count("[PHONE]") == 5
    assert counts["allowed"] == counts["written"] + counts["without_text"] == 41
    (home.root / "azure.toml").write_text(settings_text(azure.url, examples=15))
    done = run("train", "-n", "--out", tmp_path / "some.jsonl", "--json")
    counts = json.loads(done.stdout)["counts"]
    assert (counts["written"], counts["left_out_by_limit"]) == (15, 14)
    assert (tmp_path / "some.jsonl").read_bytes().splitlines() == (
        (tmp_path / "all.jsonl").read_bytes().splitlines()[:15]
    )


def test_an_export_is_refused_before_a_file_appears(run: Vanne, home: Home, tmp_path: Path) -> None:
    assert "in the home" in str(run("train", "-n", "--out", home.items / "out.jsonl").exception)
    say(home, *MEMBERS[:8])
    done = run("train", "-n", "--out", tmp_path / "out.jsonl")
    assert "8 choices have not reached the corpus" in str(done.exception)
    assert "vanne corpus refresh" in str(done.exception)
    build(home, datetime.now(UTC))
    done = run("train", "-n", "--out", tmp_path / "out.jsonl")
    assert "gives 8 examples; a job needs 10" in str(done.exception)
    assert not (tmp_path / "out.jsonl").exists()
