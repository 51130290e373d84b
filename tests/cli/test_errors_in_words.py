"""What members meet when something is wrong is said in their language, whole, on one line.

The tables in tests/cases/errors hold, for each command line, the exit code and the whole line in
every language; what is typed there is typed in a folder that `tests.cli.bad_files` makes.
"""

import ast
import errno
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import vanne
from tests.cli.bad_files import make
from tests.conftest import CASES, Run, hears_ctrl_c
from tests.table import every
from vanne import errors
from vanne.cli import main
from vanne.errors import ConfigError, InputError, storage_error
from vanne.toml import TomlTable
from vanne.words import LANGUAGES, Message, words

SOURCE = Path(vanne.__file__).parent
TABLES = sorted((CASES / "errors").glob("*.toml"))
ROWS = {
    f"{row['typed']} ({lang})": (row["typed"], row["code"], lang, row[lang])
    for table in TABLES
    for row in tomllib.loads(table.read_text(encoding="utf-8"))["error"]
    for lang in LANGUAGES
}
TERMINAL = {"en": "C.UTF-8", "fr": "fr_CH.UTF-8", "de": "de_AT.UTF-8", "it": "it_CH.UTF-8"}
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bad")
    make(made)
    return made


@pytest.fixture
def typed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command at a terminal of some language: its exit code, what it says and complains.

    Without rights it is typed by nobody where the tests run as root, to whom no file is closed.
    """

    def run(*arguments: str, lang: str = "en", rights: bool = True) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("LC_ALL", TERMINAL[lang])
        monkeypatch.setattr(sys, "argv", ["vanne", *arguments])
        was = os.geteuid()
        os.seteuid(was if rights or was else 65534)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.seteuid(was)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@every("row", ROWS)
def test_an_error_is_one_whole_line_in_the_language_of_the_terminal(typed: Typed, row: str) -> None:
    line, code, lang, said = ROWS[row]
    assert typed(*shlex.split(line), lang=lang) == (code, "", f"vanne: {said}\n")


def test_numbers_are_written_as_the_language_does(typed: Typed) -> None:
    held = "`many.zip` contient plus de 100\u202f000 entrées\u00a0: rien n'a été lu"
    assert typed("inspect", "many.zip", lang="fr")[2].startswith(f"vanne: {held}\u00a0: ")


def test_the_language_that_is_asked_for_goes_before_that_of_the_terminal(typed: Typed) -> None:
    for option in (["--lang", "de"], ["--lang=de"]):
        assert "Datei nicht gefunden" in typed("inspect", "absent.zip", *option, lang="fr")[2]
    assert "fichier introuvable" in typed("inspect", "absent.csv", lang="fr")[2]


def test_a_language_that_is_not_the_reader_s_own_does_not_count(typed: Typed) -> None:
    assert "No such option" in typed("serve", "--lang", "fr", "--hots", "x")[2]


def test_what_programs_read_stays_english(typed: Typed) -> None:
    code, out, err = typed("inspect", "absent.zip", "--json", "--lang=fr", lang="fr")
    problem = json.loads(err)
    assert (code, out, problem["exit_code"]) == (74, "", 74)
    assert (problem["title"], problem["detail"]) == ("no such file: `absent.zip`", "check the path")


def test_a_group_alone_shows_its_help(typed: Typed) -> None:
    code, out, err = typed("policy", lang="it")
    assert (code, out) == (2, "")
    assert err.startswith("Usage: vanne policy") and "\n  explain " in err


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "no permission for `good.zip`: check its owner and mode"),
        ("fr", "accès refusé\u00a0: `good.zip`\u00a0: vérifiez son propriétaire et ses droits"),
        ("de", "kein Zugriff auf `good.zip`: Prüfen Sie Eigentümer und Rechte"),
        ("it", "accesso negato a `good.zip`: controlli il proprietario e i permessi"),
    ],
)
def test_a_file_of_somebody_else_is_said_to_be_closed(
    typed: Typed, folder: Path, lang: str, said: str
) -> None:
    whole = typed("inspect", "good.zip", lang=lang)  # what is imported and read late is there now
    assert whole[0] == 0
    (folder / "good.zip").chmod(0)
    refused = typed("inspect", "good.zip", lang=lang, rights=False)
    (folder / "good.zip").chmod(0o644)
    assert refused == (74, "", f"vanne: {said}\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full: Linux")
@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "no space left on the disk while writing a file: free some space and run"),
        ("fr", "plus de place sur le disque pour écrire un fichier\u00a0: libérez de la place"),
        ("de", "kein Platz mehr auf dem Datenträger für eine Datei: Schaffen Sie Platz"),
        ("it", "spazio esaurito sul disco scrivendo un file: liberi dello spazio"),
    ],
)
def test_a_full_disk_is_said(vanne: Run, lang: str, said: str) -> None:
    settings = {"capture_output": False, "stderr": subprocess.PIPE}
    with Path("/dev/full").open("w") as full:
        done = vanne("policy", "explain", "--lang", lang, stdout=full, **settings)
    assert (done.returncode, done.stderr.count("\n")) == (74, 1)
    assert done.stderr.startswith(f"vanne: {said}")


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "interrupted"), ("fr", "interrompu"), ("de", "abgebrochen"), ("it", "interrotto")],
)
def test_who_interrupts_is_told_so(tmp_path: Path, lang: str, said: str) -> None:
    os.mkfifo(tmp_path / "policy.toml")
    command = [sys.executable, "-m", "vanne", "policy", "check", "./policy.toml", "--lang", lang]
    started = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c
    )
    with (tmp_path / "policy.toml").open("w"):  # it is open when the command reads it
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=300)
    assert (started.returncode, err.lstrip("\n")) == (130, f"vanne: {said}\n")


def test_a_page_without_what_it_is_made_of_says_what_to_install(folder: Path) -> None:
    without = "import sys; sys.modules['starlette'] = None; from vanne.cli import main; main()"
    command = [sys.executable, "-c", without, "inspect", "good.zip", "--open", "--lang", "fr"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (69, "")
    install = "lancez `pip install 'vanne[web]'`"
    assert done.stderr == f"vanne: le paquet `starlette` n'est pas installé\u00a0: {install}\n"


# How it is made


def test_a_message_is_said_in_every_language() -> None:
    inner = Message("file-in-archive", file="`a`", where="`b`")
    message = Message("many-files", where=inner, n=100_000)
    assert str(message) == "`a` in `b` holds more than 100,000 files"
    assert words("de").say(message) == "`a` in `b` enthält mehr als 100.000 Dateien"


def test_parameters_stand_as_they_are_but_on_one_line() -> None:
    message = Message("policy-missing", name="100 %(s)s\n%d {x}")
    assert str(message) == "there is no policy `100 %(s)s %d {x}`"
    assert words("it").say(message) == "la politica `100 %(s)s %d {x}` non esiste"


def test_an_error_of_which_a_part_has_no_code_is_whole_in_english() -> None:
    half = InputError("the tide is high", todo=Message("check-path"))
    assert half.said(words("fr")) == "the tide is high: check the path"
    full = storage_error(OSError(errno.ENOSPC, ""), "the digests")
    assert full.said(words("fr")) == str(full)
    with pytest.raises(ConfigError) as caught:
        TomlTable({}, "", "a.toml", "").fail("key", "is odd", todo=Message("take-it-out"))
    assert caught.value.said(words("fr")) == "a.toml, line 1: `key` is odd: take it out"


def test_a_problem_carries_the_code_and_the_parameters_of_what_is_wrong_and_of_what_to_do() -> None:
    error = InputError(
        Message("many-files", where=Message("file-in-archive", file="a", where="b"), n=7),
        todo=Message("give-export-alone"),
    )
    inner = {"code": "file-in-archive", "params": {"file": "a", "where": "b"}}
    problem = error.problem()
    assert (problem["code"], problem["params"]) == ("many-files", {"where": inner, "n": 7})
    assert problem["todo"] == {"code": "give-export-alone", "params": {}}
    json.dumps(problem)
    plain = InputError("the tide is high").problem()
    assert (plain["code"], plain["params"], plain["todo"]) == ("bad-input", {}, None)


REACHED = (
    "errors.py",
    *(f"cli/{name}.py" for name in ("__init__", "guide", "inspect", "options")),
    *(f"policy/{name}.py" for name in ("load", "policy")),
    "toml.py",
    "report/inspection.py",
    *(f"sources/{name}.py" for name in ("archive", "archives")),
)
"""Where everything that is raised reaches members: nothing there goes past the catalogues."""
RAISED = {name for name in vars(errors) if name.endswith("Error")} | {
    "fail",
    "refuse",
    "UsageError",
}


def past_the_catalogues(tree: ast.AST) -> Iterator[int]:
    """The lines where an error is given a text that is no message."""
    for node in ast.walk(tree):
        told: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in RAISED:
                told = [*node.args, *(word.value for word in node.keywords)]
                told = told[1:] if name == "fail" and len(node.args) > 1 else told  # its key
        elif isinstance(node, ast.Assign) and node.targets[0].__dict__.get("id") == "todo":
            told = [node.value]
        if any(isinstance(each, ast.JoinedStr | ast.Constant) for each in told):
            yield node.lineno


@every("file", REACHED)
def test_every_error_that_members_can_meet_has_a_code(file: str) -> None:
    assert list(past_the_catalogues(ast.parse((SOURCE / file).read_text(encoding="utf-8")))) == []


@every("file", sorted(SOURCE.parent.glob("vanne*/cli/*.py")), ids=str)
def test_no_command_refuses_its_options_past_the_catalogues(file: Path) -> None:
    assert not re.findall(r"raise (?:click\.)?UsageError\(f?\"", file.read_text(encoding="utf-8"))
