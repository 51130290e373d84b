"""The docs name what there is: commands, exit codes, reasons, categories, columns, policies' keys."""

import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import click

from tests.table import every
from vanne import errors
from vanne.cli import all_commands, cli
from vanne.policy import builtin_names
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS
from vanne.terms import REASONS, Category
from vanne.train.settings import SIZES, TrainingSettings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    sys.path.insert(0, str(ROOT / "docs"))  # as for a script that is started
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_of_the_command_line_is_what_the_program_says() -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert page == generator().page(), "run `./run python docs/generate.py`"


def test_the_pages_that_are_made_are_what_the_program_says() -> None:
    made = generator()
    pages = {
        "readers.md": made.readers_page(),
        "limits.md": made.limits_page(),
        "packs.md": made.packs_page(),
        "settings.md": made.settings_page(),
        "codes.md": made.codes_page(),
        "words.md": made.words_page(),
        "../design/one-truth.md": made.one_truth.page(),
        "../design/proofs.md": made.proofs.page(),
    }
    for name, page in pages.items():
        said = (REFERENCE / name).read_text(encoding="utf-8")
        assert said == page, f"{name}: run `./run python docs/generate.py`"


def test_each_promise_has_a_proof_in_every_run() -> None:
    proofs = generator().proofs
    assert [each.claim for each in proofs.promises() if not each.proofs] == []
    claims = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    listed = [line.rsplit(" = ", 1)[0] for line in proofs.lines("promises.txt")]
    assert [command for command in listed if f"| `{command}`" not in claims] == []


def test_each_sentence_about_a_person_has_a_function_that_decides_it_and_a_reader() -> None:
    truth = generator().one_truth
    rows = list(truth.sentences())
    assert len(rows) == len(truth.PERSON)
    assert [
        text for text, made, _ in rows if "report.person_words" not in made and "web" not in made
    ] == []
    assert [text for text, _, read in rows if not read] == []


def test_the_page_names_what_a_members_page_asks_and_when_a_template_says_a_sentence() -> None:
    truth = generator().one_truth
    asked = {template: asks for template, _, asks in truth.page_rows()}
    assert "`report.person.page_of`" in asked["`switch.html`"]
    own = {(text, template): condition for text, template, condition in truth.own_sentences()}
    press = own["Press to switch it on.", "`switch.html`"]
    assert press == "`not (gate.kept_out) and not (state.on)`"
    assert not {template for _, template in own} & {"`auditor.html`", "`operator.html`"}


def test_a_template_says_about_a_state_only_what_holds_for_everybody_or_what_is_derived() -> None:
    text = (ROOT / "tests/cases/person/always.toml").read_text(encoding="utf-8")
    reviewed = {
        (sentence, f"`{template}`")
        for template, sentences in tomllib.loads(text).items()
        for sentence in sentences
    }
    assert set(generator().one_truth.always_said()) == reviewed


def test_each_message_and_each_mail_to_a_member_is_on_the_page_of_one_truth() -> None:
    said = " ".join(text for _, text, _ in generator().one_truth.message_rows())
    for sentence in ("What you turned off is out of the model.", "Done: what you asked"):
        assert sentence in said


@every("name", all_commands())
def test_the_short_help_of_a_command_is_its_own(name: str) -> None:
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert (command.help or "").strip().split("\n")[0] == all_commands()[name]


NAMED = re.compile(r"(?:`|\$ |run )vanne ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
OF_AN_EXAMPLE = {"last-choice"}  # the plug-in that its how-to writes


def test_the_docs_name_no_command_that_is_gone() -> None:
    gone = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        if page.name == "log.md" or "adr" in page.parts:  # they tell of the past
            continue
        for name, inner in NAMED.findall(page.read_text(encoding="utf-8")):
            command = cli.get_command(click.Context(cli), name)
            is_inner = isinstance(command, click.Group) and inner and inner not in command.commands
            if name not in OF_AN_EXAMPLE and (command is None or is_inner):
                gone.append(f"{page.name}: {name} {inner}".strip())
    assert gone == []


def test_every_error_and_its_exit_code_is_documented() -> None:
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    classes = [errors.VanneError, *errors.VanneError.__subclasses__()]
    for error in classes:
        assert f"| {error.exit_code} | `{error.__name__}` |" in page


def test_every_reason_is_documented_with_its_code_in_order() -> None:
    page = (REFERENCE / "verdicts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", page, flags=re.M)
    assert rows == [(str(reason.code), reason.value) for reason in REASONS]


def test_every_category_and_column_is_documented() -> None:
    page = " ".join((REFERENCE / "tables.md").read_text(encoding="utf-8").split())
    assert ", ".join(category.value for category in Category) in page
    for column in (*ITEMS, *MEMBERS, *CHOICES):
        assert f"`{column.name}`" in page


def test_every_built_in_policy_is_named_in_the_docs() -> None:
    page = (REFERENCE / "policy.md").read_text(encoding="utf-8")
    for name in builtin_names():
        assert f"`{name}`" in page


def test_every_training_setting_and_every_size_is_documented_with_its_numbers() -> None:
    page = (REFERENCE / "train.md").read_text(encoding="utf-8")
    for name, value in TrainingSettings().as_dict().items():
        default = "none" if value is None else f"`{json.dumps(value)}`"
        assert f"| `{name}` | {default} |" in page
    for size, numbers in SIZES.items():
        names = " | ".join(f"`{name}`" for name in numbers)
        assert f"| `size` | {names} |" in page
        row = re.search(rf"^\| `{size}`(?: \(default\))? \| ([^`]*?) \| [a-z]", page, flags=re.M)
        assert row is not None and row[1].split(" | ") == [str(each) for each in numbers.values()]


def test_every_dependency_has_its_line() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = list(project["project"]["dependencies"])
    wanted += project["dependency-groups"]["dev"] + project["dependency-groups"]["release"]
    wanted += [
        line for lines in project["project"]["optional-dependencies"].values() for line in lines
    ]
    page = (ROOT / "docs" / "design" / "dependencies.md").read_text(encoding="utf-8")
    for line in wanted:
        if line.startswith("vanne["):  # an extra that brings others
            continue
        name, _, oldest = re.split("([><=]=)", line)
        rows = re.findall(rf"^\| {re.escape(name)} \|.*$", page, re.MULTILINE)
        assert any(row.split(" | ")[4] == oldest for row in rows), line
