"""One word for an idea, in every command: whoever knows one command can guess the next."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from tests.table import every
from vanne.cli import cli, main
from vanne.cli.inputs import InputFile, PolicyParam, TableParam
from vanne.cli.options import OutputFile, OutputFolder


def leaves(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        inner = click.Context(command, context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, inner)
        else:
            yield inner.command_path, command


LEAVES = dict(leaves(cli, click.Context(cli, info_name="vanne", **cli.context_settings)))
OPTIONS = [
    (path, option)
    for path, command in LEAVES.items()
    for option in command.params
    if isinstance(option, click.Option)
]
# their answer is the screen; the file comes beside it
OTHER_OUTPUT = {("vanne inspect", "--items"), ("vanne guide", "--reminder")}
NOT_JSON = {
    "vanne serve",  # answers no question
    "vanne witness",  # nor this
    "vanne corpus read",  # prints JSON Lines
}
OTHER_NAMES = {"--plan", "--count", "--top-k", "--output", "--outfile", "--member", "--simulate"}
OTHER_HOME = {"vanne verify"}  # without a home it checks what a file says by itself
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command in an empty folder: its exit code, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("VANNE_HOME", "absent")
        monkeypatch.setattr("sys.argv", ["vanne", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_there_are_seventy_commands_or_fewer() -> None:
    assert len(LEAVES) <= 70


def test_every_option_says_what_it_is_for() -> None:
    assert [(path, option.name) for path, option in OPTIONS if not option.help] == []


def test_what_is_written_is_named_by_out() -> None:
    for path, command in LEAVES.items():
        for each in command.params:
            if isinstance(each.type, OutputFile | OutputFolder):
                assert (path, each.opts[0]) in OTHER_OUTPUT or each.opts[:2] == ["--out", "-o"]


def test_no_option_has_another_name_for_the_same() -> None:
    assert [(path, o.opts) for path, o in OPTIONS if OTHER_NAMES & {*o.opts}] == []


@pytest.mark.parametrize(("long", "short"), [("--out", "-o"), ("--dry-run", "-n"), ("--quiet", "-q")])  # fmt: skip
def test_usual_options_have_their_usual_letter(long: str, short: str) -> None:
    assert all(short in o.opts for _, o in OPTIONS if long in o.opts)
    assert all(long in o.opts for _, o in OPTIONS if short in o.opts)


@pytest.mark.parametrize("name", ["--home", "--policy", "--purpose", "--as-of", "--quiet", "--port"])  # fmt: skip
def test_an_option_that_several_commands_have_is_explained_alike(name: str) -> None:
    helps = {
        re.sub(r" \(default: [^)]*\)", "", option.help or "")
        for path, option in OPTIONS
        if name in option.opts and not (name == "--home" and path in OTHER_HOME)
    }
    assert len(helps) == 1


def test_a_language_is_always_explained_as_that_of_something() -> None:
    helps = [option.help for _, option in OPTIONS if "--lang" in option.opts]
    assert all(text and text.startswith("The language of ") for text in helps)


def test_whatever_is_printed_can_be_printed_as_json() -> None:
    without = {path for path, c in LEAVES.items() if not any("--json" in p.opts for p in c.params)}
    assert without == NOT_JSON


@every("path", LEAVES)
def test_an_unknown_option_is_one_line(typed: Typed, path: str) -> None:
    code, out, err = typed(*path.split()[1:], "--nosuch")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("vanne: No such option '--nosuch'")


@every("path", sorted(LEAVES.keys() - {"vanne site build"}))  # which reads none
def test_files_that_are_not_there_are_one_line(typed: Typed, path: str) -> None:
    words = path.split()[1:]
    for each in LEAVES[path].params:
        names_file = isinstance(each.type, click.Path | InputFile | TableParam | PolicyParam)
        writes = isinstance(each.type, OutputFile | OutputFolder)
        if isinstance(each, click.Argument) and (each.required or names_file):
            words.append("0" if each.type is click.INT else "absent")
        elif isinstance(each, click.Option) and each.required:
            value = each.type.choices[0] if isinstance(each.type, click.Choice) else "absent"
            value = "2026-01-01" if each.name == "as_of" else "out" if writes else value
            words += [each.opts[0], str(value)]
    if path == "vanne demo":  # needs nothing: what it could miss is the archive
        words += ["--archive", "absent"]
    if path == "vanne policy explain":
        words = ["policy", "explain", "absent"]
    code, _, err = typed(*words)
    assert code in (0, 1, 2, 65, 69, 74, 77, 78), err
    assert "Traceback" not in err and "fault of ours" not in err
    assert code == 0 or err.splitlines()[-1].startswith("vanne: ")


IDLE = {
    "choose --from c.csv ada": "MEMBER does not go with --from",
    "choose --from c.csv --purpose x": "--purpose does not go with --from",
    "choose ada off --dry-run": "--dry-run goes only with --from",
    "choose ada off --category post --item x": "--item does not go with --category",
    "corpus add --members m.csv --no-tag": "--tag does not go with --members",
    "corpus export --out o --as-of-version x --purpose y": "--purpose does not go with --as-of-version",
    "decide --policy p --items i --members m --as-of 2026-01-01 --explain x -o v.csv": "--out does not go with --explain",
    "demo --region CH": "--region goes only with --archive",
    "demo --json --port 1": "--port does not go with --json",
    "demo --no-serve --port 1": "--port does not go with --no-serve",
    "draft post --check draft.txt --topic x": "--topic does not go with --check",
    "find x -n --limit 3": "--limit does not go with --dry-run",
    "forget -n --at-once": "--at-once does not go with --dry-run",
    "guide --full": "--full goes only with PLATFORM",
    "guide x --full --json": "--full does not go with --json",
    "inspect a --json --by category": "--by does not go with --json",
    "inspect a --json --files": "--files does not go with --json",
    "inspect a --open --files": "--files does not go with --open",
    "inspect a --no-browser": "--no-browser goes only with --open",
    "jobs match ada --anywhere --within 3": "--within does not go with --anywhere",
    "ledger fsck some.sqlite --home x": "--home does not go with a LEDGER",
    "ledger prove --since c --size 3 --ledger l": "--size does not go with --since",
    "policy explain --with-purposes": "--with-purposes goes only with POLICY",
    "policy explain x --with-purposes": "--with-purposes goes only with --toml",
    "report ada --json --html": "--html does not go with --json",
    "search index --status --full": "--full does not go with --status",
    "sql --dialect duckdb --tables --policy p": "--policy does not go with --tables",
    "sql --policy p --words w.csv --dialect duckdb": "--dialect does not go with --words",
    "train -n --only 0": "--only does not go with --dry-run",
}  # fmt: skip
"""Options that would do nothing, and what is said in place of ignoring them."""


@every("line", IDLE)
def test_an_option_that_would_do_nothing_is_refused(
    typed: Typed, tmp_path: Path, line: str
) -> None:
    (tmp_path / "draft.txt").write_text("x")
    name = line.split()[0]
    if not any(path.split()[1] == name for path in LEAVES):
        return  # a command of a plug-in that is not here
    code, out, err = typed(*line.split())
    problem = f'"title": "{IDLE[line]}"' if "--json" in line else f"vanne: {IDLE[line]}: see `"
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert problem in err


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        (["insepct"], "inspect"),
        (["decide", "--policy", "linkedin-2025-11-3", "--items", "i", "--members", "m", "--as-of", "2026-01-01"], "linkedin-2025-11-03"),
        (["guide", "linkedn"], "linkedin"),
        (["policy", "explain", "linkedin-2025-11-03", "--purpose", "generative-ai-trainig"], "generative-ai-training"),
        (["choose", "ada", "off", "--category", "Posts"], "post"),
    ],
)  # fmt: skip
def test_what_was_meant_is_said(typed: Typed, typo: list[str], meant: str) -> None:
    code, out, err = typed(*typo)
    assert (code in (2, 65, 78), out, err.count("\n")) == (True, "", 1)
    assert meant in err


def test_capital_v_is_the_version(typed: Typed) -> None:
    assert typed("-V") == typed("--version")
