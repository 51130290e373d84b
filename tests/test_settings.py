"""Settings: one name each, from the environment, a file of a secret, or `HOME/vanne.toml`."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.settings import settings_in
from tests.table import every
from vanne.config import Home
from vanne.errors import ConfigError
from vanne.settings import PREFIX, Settings, is_secret

SOURCES = Path(__file__).parents[1] / "src" / "vanne"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "vanne.toml").write_text('readers = 4\nmail_from = "vanne@example.org"\n')
    return Home(tmp_path)


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(home: Home) -> None:
    settings = settings_in({"VANNE_READERS": "6"}, home)
    assert (settings.readers, settings.mail_from) == (6, "vanne@example.org")
    assert settings.work_seconds == Settings.model_fields["work_seconds"].default
    assert settings_in({"VANNE_READERS": ""}, home).readers == 4


def test_a_secret_is_read_from_its_file_and_shown_nowhere(home: Home, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-very-secret-token-0\n")
    settings = settings_in({"VANNE_API_TOKEN_FILE": str(tmp_path / "token")}, home)
    assert settings.api_token and settings.api_token.get_secret_value() == "a-very-secret-token-0"
    assert "very-secret" not in repr(settings)


@every(
    ("line", "says"),
    [
        ("readers = 65", r"vanne\.toml: `readers` is no whole number from 1 to 64: say 2"),
        ('readers = "many"', r"vanne\.toml: `readers` is no whole number"),
        ("mail_from = 3", r"vanne\.toml: `mail_from` is no text"),
        ("reader = 3", r"vanne\.toml: unknown key `reader`: did you mean `readers`\?"),
        ("workers = 3", r"vanne\.toml: `workers` has another name now: say `readers`"),
        ('home = "x"', r"vanne\.toml: unknown key `home`"),
        (
            'api_token = "x"',
            r"`api_token` is a secret: set VANNE_API_TOKEN, or VANNE_API_TOKEN_FILE",
        ),
        ("readers = ", r"vanne\.toml: not valid TOML"),
    ],
)
def test_a_wrong_line_of_the_file_is_one_line(home: Home, line: str, says: str) -> None:
    (home.root / "vanne.toml").write_text(line + "\n")
    with pytest.raises(ConfigError, match=says):
        settings_in({}, home)


def test_a_wrong_variable_is_one_line(home: Home) -> None:
    with pytest.raises(
        ConfigError, match=r"`VANNE_WORK_SECONDS` is no whole number from 1 to 3600"
    ):
        settings_in({"VANNE_WORK_SECONDS": "-1"}, home)


def test_a_variable_of_an_old_name_is_one_line_that_says_the_new_one() -> None:
    with pytest.raises(
        ConfigError, match="`VANNE_WORKERS` has another name now: say `VANNE_READERS`"
    ):
        settings_in({"VANNE_WORKERS": "6"})


def test_config_show_says_where_each_was_set(
    vanne: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANNE_API_TOKEN", "a-very-secret-token-0")
    monkeypatch.setenv("VANNE_REDAERS", "3")
    done = vanne("config", "show", "--home", home.root)
    assert "readers = 4  # vanne.toml" in done.stdout
    assert "# api_token = (set)  # VANNE_API_TOKEN" in done.stdout
    assert "VANNE_REDAERS is no setting" in done.stderr
    shown = json.loads(vanne("config", "show", "--home", home.root, "--json").stdout)["settings"]
    assert [row["name"] for row in shown] == list(Settings.model_fields)
    assert "very-secret" not in json.dumps(shown)


def test_config_show_tells_an_empty_list_of_plug_ins_from_none(
    vanne: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VANNE_PLUGINS", raising=False)
    assert "# plugins = (not set)  # default" in vanne("config", "show").stdout
    monkeypatch.setenv("VANNE_PLUGINS", "")
    assert '\nplugins = ""  # VANNE_PLUGINS' in vanne("config", "show").stdout


def test_what_config_show_prints_is_a_vanne_toml(vanne: Run, home: Home) -> None:
    lines = vanne("config", "show", "--home", home.root).stdout.splitlines()
    kept = [line for line in lines if line.split()[0] not in Settings.ONLY_ENVIRONMENT]
    (home.root / "vanne.toml").write_text("\n".join(kept))
    assert settings_in({}, home).readers == 4


def test_every_variable_that_the_source_names_is_a_setting() -> None:
    named = {
        name
        for file in SOURCES.rglob("*.py")
        for name in re.findall(r"VANNE_[A-Z_]*[A-Z]", file.read_text(encoding="utf-8"))
    }
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known if is_secret(name[len(PREFIX) :].lower())}
    assert named - known == set()
