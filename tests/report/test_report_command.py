"""`vanne report`: for a reader, for a machine, to print."""

import pytest
from click.testing import CliRunner, Result

from tests.report.lives import NOW, PastLife
from vanne.cli import cli
from vanne.report.document import report_file
from vanne.report.usage import usage_report
from vanne.words import LANGUAGES

AS_OF = ["--as-of", NOW.isoformat()]


def run(past: PastLife, *arguments: str, **more: object) -> Result:
    command = ["report", *arguments, *AS_OF, "--home", str(past.home.root)]
    return CliRunner().invoke(cli, command, catch_exceptions=True, **more)  # type: ignore[arg-type]


def test_a_member_reads_what_held_each_item_from_when_to_when(lived: PastLife) -> None:
    said = run(lived, "anna", "--lang", "en").stdout
    flat = " ".join(said.split())
    assert "In training sets: From 20 November 2026, 09:00 UTC to 21 November 2026" in flat
    assert "The current model must have forgotten it by 23 December 2026." in flat
    assert f"Forgotten on 21 November 2026, which certificate {lived.at_once[:8]}" in flat
    assert f"vanne verify {lived.left.id[:16]}.json" in flat
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_fits_and_is_its_own(lived: PastLife, lang: str) -> None:
    said = run(lived, "anna", "--lang", lang).stdout
    words = {"fr": "Comment mes", "en": "How my data", "de": "Wie meine", "it": "Come sono"}
    assert said.startswith(words[lang])
    assert max(map(len, said.splitlines())) <= 100


def test_the_document_has_the_bytes_of_the_file_of_the_page(lived: PastLife) -> None:
    report = usage_report(lived.home, "anna", NOW)
    assert run(lived, "anna", "--json").stdout_bytes == report_file(report)


def test_a_page_by_itself_needs_nothing_else_and_holds_nothing_of_others(lived: PastLife) -> None:
    html = run(lived, "anna", "--html", "--lang", "fr").stdout
    assert "<style>" in html and "<link" not in html and "<a " not in html and "src=" not in html
    assert "Mon premier &lt;b&gt;billet&lt;/b&gt;" in html
    assert f"vanne verify {lived.left.id[:16]}.json" in html
    for secret in ("Bruno parle", "formidable", "bruno", "b-post"):
        assert secret not in html


@pytest.mark.parametrize("arguments", [[], ["anna", "--json", "--html"]])
def test_what_does_not_go_together_is_wrong_usage(lived: PastLife, arguments: list[str]) -> None:
    assert run(lived, *arguments).exit_code == 2


def test_a_member_who_is_none_is_an_error_that_does_not_repeat_the_id(lived: PastLife) -> None:
    done = run(lived, "secret-id")
    assert "secret-id" not in str(done.exception)
    assert str(done.exception) == "no such member: check the id"
