"""The benchmark of quality works as a whole on a tiny model, and measures what would serve."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.quality.bench import Bench, Job
from benchmarks.quality.corpora import READERS, collect
from benchmarks.quality.losses import Losses, interval

from tests.benchmarks.forking import run_whole
from tests.train.tiny import SALT, save_tiny_model
from vanne.train import shards
from vanne.train.ensemble import load_ensemble
from vanne.train.fit import FitOptions, fit
from vanne.train.settings import TrainingSettings

LETTERS = 8_000
NUMBERS = {"layers": 1, "rank": 2, "max_tokens": 48, "slices": 2, "threads": 1}


def sentence(who: int, number: int) -> str:
    return f"{who} says in sentence {number} that the mill of {who * number} turns slowly; " * 4


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """The three collections, made up, in the form in which they are found."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("peps", "man/fr/man1", "doc"):
        (folder / name).mkdir(parents=True)
    rows = [
        {"author": f"a{who}", "document": f"d{who}", "text": sentence(who, number)}
        for who in range(20)
        for number in range(3)
    ]
    lines = {"paragraphs": rows, "ground": [{"text": sentence(99, number)} for number in range(4)]}
    for name, each in lines.items():
        (folder / f"peps/{name}.jsonl").write_text("\n".join(map(json.dumps, each)))
    for who in range(20):
        page = f".SH NOM\n\\fB{sentence(who, 1)}\\fR\n.PP\n{sentence(who, 2)}\n.SH TRADUCTION\n"
        page += f"La traduction a été créée par Anna Number{who} <a{who}@example.org>\n"
        (folder / f"man/fr/man1/p{who}.1.gz").write_bytes(gzip.compress(page.encode()))
        entry = f"p{who} (1.0) unstable; urgency=low\n\n  * {sentence(who, 3)}\n\n"
        entry += f" -- Anna Number{who} <a{who}@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n"
        (folder / f"doc/p{who}").mkdir()
        (folder / f"doc/p{who}/changelog.Debian.gz").write_bytes(gzip.compress(entry.encode()))
    return folder


@pytest.mark.parametrize("name", READERS)
def test_who_is_measured_on_shares_no_document_with_a_member_and_nobody_is_named(data, name):
    found = collect(name, *READERS[name](data), LETTERS)
    assert found.members and found.held_out and found.ground
    assert not {row.author for row in found.members} & {row.author for row in found.held_out}
    assert not {row.document for row in found.members} & {row.document for row in found.held_out}
    for row in (*found.members, *found.held_out):
        assert "Number" not in row.text + row.author and "\\f" not in row.text


def test_the_mean_of_shards_has_the_loss_that_the_served_model_has(data, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.quality.bench.digest", lambda *_: SALT.hex())
    monkeypatch.setattr(shards, "slot", lambda member, salt, _: (int(member[-1], 16) % 2, 0))
    settings = TrainingSettings.of(
        NUMBERS | {"base": str(save_tiny_model(tmp_path / "base")), "shards": 2}
    )
    found = collect("peps", *READERS["peps"](data), LETTERS)
    bench = Bench(settings, tmp_path)
    monkeypatch.setattr(bench, "_kept", lambda _, make: make())
    ground, parts = bench.trained(Job(found, settings))
    rows = found.documents()
    options = FitOptions(salt=SALT)
    model = fit(
        rows, tmp_path / "m", settings, corpus_version="c", ground=found.ground, options=options
    )
    texts = [row.text for row in found.held_out]
    served = load_ensemble(tmp_path / "m", model).loss(texts)
    assert bench.losses(texts, parts).mean() == pytest.approx(served, abs=1e-3)
    assert bench.losses(texts, [ground]).mean() != pytest.approx(served, abs=1e-3)
    mixed = bench.mixed(texts, [parts[0], parts[0]])
    assert np.allclose(mixed.sums, bench.losses(texts, parts[:1]).sums, rtol=1e-6)


def test_interval_is_over_people_and_a_ratio_is_paired():
    owners = [f"person {number // 2}" for number in range(40)]
    spread = np.repeat(np.linspace(1, 3, 20), 2)
    losses = Losses(spread * 10, np.full(40, 10.0))
    low, high = interval(losses, owners)
    assert low < 2 < high
    half = Losses(losses.sums / 2, losses.counts)
    assert interval(half, owners, losses) == pytest.approx([0.5, 0.5])


def test_the_whole_benchmark_on_a_tiny_model(data, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- quality: begin -->\n<!-- quality: end -->\nkept\n")
    base = save_tiny_model(tmp_path / "base")
    run_whole(
        "quality", "--data", data, "--collections", "peps",
        "--rates", "peps", "--letters", str(LETTERS), "--set", json.dumps(NUMBERS), "--base", base,
        "--work", tmp_path / "work", "--results", tmp_path, "--page", page, "--charts", tmp_path,
    )  # fmt: skip
    rows = json.loads((tmp_path / "quality.json").read_text())["rows"]
    assert min(row["ratio"] for row in rows if row["shards"] == 1) == 1
    assert {row["shards"] for row in rows if row["ships"]} == {1, 4, 16}
    assert all(row["interval"][0] <= row["ratio"] <= row["interval"][1] for row in rows)
    text = page.read_text()
    assert text.endswith("kept\n") and "| 16 | 3.9% |" in text
    assert (tmp_path / "bench-quality.svg").read_text().startswith("<?xml")
