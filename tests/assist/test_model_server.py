"""A back end over HTTP that is slow, down, busy, or talks nonsense: one clear line each time."""

import os
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.assist.model_server import Model, Trouble
from vanne.errors import BusyError, ConfigError, InputError, MissingError, RefusedError, VanneError
from vanne_assist.model_server import (
    KEY,
    ModelServer,
    Turn,
    WritingSettings,
)

ASKED = (Turn("user", "SECRET WORDS"),)


def said(settings: WritingSettings) -> str:
    with closing(ModelServer(settings)) as server:
        return server.write(ASKED, 1).text


def test_an_answer_is_asked_for_with_the_settings(model: Model, settings: WritingSettings) -> None:
    model.replies = ["One sentence. And another."]
    assert said(replace(settings, max_tokens=20)) == "One sentence. And another."
    (asked,) = model.asked
    assert asked["max_tokens"] == 20 and asked["seed"] == 1


def test_too_many_requests_are_waited_for_as_the_server_asks(
    model: Model, settings: WritingSettings
) -> None:
    model.replies = [Trouble(429, (("retry-after", "1"),)), "Done."]
    began = time.monotonic()
    assert said(settings) == "Done."
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        (Trouble(500), BusyError, "500"),
        (Trouble(429, (("retry-after", "900"),)), BusyError, "429"),
        (Trouble("hang"), BusyError, "time"),
        (Trouble("cut"), BusyError, "reached|broke off"),
        (Trouble("garbage"), BusyError, "nonsense|broke off"),
        (Trouble("page"), BusyError, "nonsense|broke off"),
        (Trouble("filter"), RefusedError, "filter"),
        (Trouble(400, code="content_filter"), RefusedError, "filter"),
        (Trouble(401), RefusedError, "401"),
        (Trouble(404), MissingError, "404"),
        (Trouble(400), InputError, "400"),
    ],
    ids="500 429 hang cut garbage page filter 400-filter 401 404 400".split(),
)
def test_what_goes_wrong_is_one_line_without_what_was_asked(
    model: Model, settings: WritingSettings, trouble: Trouble, error: type[VanneError], words: str
) -> None:
    model.replies = [trouble]
    if trouble.how == "hang":
        settings = replace(settings, timeout_seconds=0.3)
    with pytest.raises(error, match=words) as raised:
        said(settings)
    assert "SECRET" not in str(raised.value) and raised.value.todo


def test_a_server_that_is_not_there_is_said_to_be_so(settings: WritingSettings) -> None:
    with pytest.raises(BusyError, match="cannot be reached"):
        said(replace(settings, base_url="http://127.0.0.1:9/v1"))


def test_the_key_comes_from_the_environment(
    model: Model, settings: WritingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, KEY, "k-1")
    said(settings)
    assert model.keys == ["Bearer k-1"]


def test_azure_is_asked_at_its_own_path_with_its_own_limit(
    model: Model, settings: WritingSettings
) -> None:
    said(replace(settings, api="azure", base_url=model.url.removesuffix("/v1")))
    assert model.asked[0]["path"] == "/openai/v1/chat/completions"
    assert "max_completion_tokens" in model.asked[0] and "max_tokens" not in model.asked[0]


SOUND = 'base_url = "https://example.org/v1"\nmodel = "m"\n'


@pytest.mark.parametrize(
    "text",
    [
        'base_url = "http://example.org/v1"\nmodel = "m"',
        'base_url = "https://example.org/v1"',
        SOUND + 'api = "other"',
        SOUND + "drafts = 9",
        SOUND + "timeout_seconds = 0",
        SOUND + "tokens_a_day = true",
        SOUND + 'model = "twice"',
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "writing.toml").write_text(text)
    with pytest.raises(ConfigError):
        WritingSettings.read(tmp_path)


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    assert WritingSettings.read(tmp_path) is None
    (tmp_path / "writing.toml").write_text(SOUND)
    assert WritingSettings.read(tmp_path) == WritingSettings("https://example.org/v1", "m")
    (tmp_path / "writing.toml").write_text(SOUND + "draft = 2")
    with pytest.raises(ConfigError, match="did you mean `drafts`"):
        WritingSettings.read(tmp_path)
