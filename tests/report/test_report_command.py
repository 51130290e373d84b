"""`vanne report`: for a reader, for a machine, for many at once."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.report.lives import NOW, Past
from vanne.cli import cli
from vanne.cli.report import LONGEST_NAME, file_name
from vanne.words import LANGUAGES

AS_OF = ["--as-of", NOW.isoformat()]


def run(past: Past, *arguments: str, **more: object) -> Result:
    command = ["report", *arguments, *AS_OF, "--home", str(past.home.root)]
    return CliRunner().invoke(cli, command, catch_exceptions=True, **more)  # type: ignore[arg-type]


def test_a_member_reads_what_held_each_item_from_when_to_when(lived: Past) -> None:
    said = run(lived, "anna", "--lang", "en").stdout
    flat = " ".join(said.split())
    assert "In training sets: From 20 November 2026, 09:00 UTC to 21 November 2026" in flat
    assert "The model of today must have forgotten it by 23 December 2026." in flat
    assert f"Forgotten on 21 November 2026, which certificate {lived.at_once[:8]}" in flat
    assert f"vanne verify {lived.left.id[:16]}.json" in flat
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_fits_and_is_its_own(lived: Past, lang: str) -> None:
    said = run(lived, "anna", "--lang", lang).stdout
    words = {"fr": "Ce qui a été", "en": "What was used", "de": "Was von mir", "it": "Che cosa è"}
    assert said.startswith(words[lang])
    assert max(map(len, said.splitlines())) <= 100


def test_the_file_of_one_among_many_has_the_bytes_of_the_report_of_one(
    lived: Past, tmp_path: Path
) -> None:
    done = run(lived, "--all", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    files = {path.name for path in (tmp_path / "out").iterdir()}
    members = ("anna", "bruno", "clara", "dora", "emil", "fritz", "gina", "hugo")
    assert files == {f"{member}.json" for member in members}
    for member in members:
        alone = run(lived, member, "--json").stdout_bytes
        assert (tmp_path / "out" / f"{member}.json").read_bytes() == alone
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "out" / "anna.json").stat().st_mode & 0o777 == 0o600


def test_the_page_of_one_among_many_is_the_page_of_one(lived: Past, tmp_path: Path) -> None:
    run(lived, "--members", "-", "--html", "--lang", "de", "--out", str(tmp_path), input="anna\n")
    alone = run(lived, "anna", "--html", "--lang", "de").stdout
    assert (tmp_path / "anna.html").read_text() == alone


def test_lines_are_one_report_each(lived: Past, tmp_path: Path) -> None:
    (tmp_path / "who").write_text("anna\nhugo\nanna\n")
    lines = run(lived, "--members", str(tmp_path / "who"), "--jsonl").stdout.splitlines()
    assert [json.loads(line)["member"]["member_id"] for line in lines] == ["anna", "hugo"]
    assert run(lived, "anna", "--jsonl").stdout.splitlines() == [lines[0]]


def test_a_page_by_itself_needs_nothing_else_and_holds_nothing_of_others(lived: Past) -> None:
    html = run(lived, "anna", "--html", "--lang", "fr").stdout
    assert "<style>" in html and "<link" not in html and "<a " not in html and "src=" not in html
    assert "Mon premier &lt;b&gt;billet&lt;/b&gt;" in html
    assert f"vanne verify {lived.left.id[:16]}.json" in html
    for secret in ("Bruno parle", "formidable", "bruno", "b-post"):
        assert secret not in html


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["anna", "--all"],
        ["--all"],
        ["--all", "--json"],
        ["--all", "--jsonl", "--out", "x"],
        ["anna", "--json", "--html"],
        ["anna", "--out", "x"],
    ],
)
def test_what_does_not_go_together_is_wrong_usage(lived: Past, arguments: list[str]) -> None:
    assert run(lived, *arguments).exit_code == 2


def test_a_member_who_is_none_is_an_error_that_does_not_repeat_the_id(lived: Past) -> None:
    done = run(lived, "secret-id")
    assert "secret-id" not in str(done.exception)
    assert str(done.exception) == "no such member: check the id"


def test_names_of_files_are_safe_and_differ_for_different_ids() -> None:
    ids = ["anna", "Anna", "../x", ".", "a b", "é", "a%41", "con", "x" * 300, "x" * 301, "~"]
    names = [file_name(member) for member in ids]
    assert len({name.lower() for name in names}) == len(ids)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_%ABCDEF~") for name in names)
    assert max(map(len, names)) <= LONGEST_NAME
