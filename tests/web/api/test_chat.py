"""The model behind `/v1/chat/completions`, asked by OpenAI's own client over HTTP."""

import http.client
import json
import logging
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest
import uvicorn
from starlette.testclient import TestClient

from tests.inference.starting import start_fast
from tests.table import every
from tests.train.tiny import GROUND, documents, save_tiny_gguf, tiny_settings, without
from tests.web.api.conftest import asking, token_for, with_model
from tests.web.network import clock
from vanne.config import Home
from vanne.forget import ForgetRequest, forget
from vanne.inference.serving import Serving
from vanne.train.model import current
from vanne.train.settings import TrainingSettings
from vanne.web import create_app
from vanne.web.server import listen

HELLO = [{"role": "user", "content": "hello"}]
CHAT = {"model": "vanne", "messages": HELLO, "max_tokens": 8}
LONG = CHAT | {"max_tokens": 1900}
PATH = "/v1/chat/completions"


@pytest.fixture(scope="module")
def long_winded(tmp_path_factory: pytest.TempPathFactory) -> TrainingSettings:
    """A tiny model that llama.cpp reads, and that can speak for some seconds."""
    folder = tmp_path_factory.mktemp("base")
    return tiny_settings(save_tiny_gguf(folder / "tiny.gguf", context=2048))


@pytest.fixture(scope="module")
def once_trained(
    tmp_path_factory: pytest.TempPathFactory, made: Home, long_winded: TrainingSettings
) -> Home:
    """The small network with a model, made once."""
    home = Home(Path(shutil.copytree(made.root, tmp_path_factory.mktemp("trained") / "home")))
    with_model(home, long_winded)
    return home


@pytest.fixture
def trained(once_trained: Home, tmp_path: Path) -> Home:
    """The small network with a model, for one test to change."""
    return Home(Path(shutil.copytree(once_trained.root, tmp_path / "with-model")))


class Server:
    """A real server in a thread of this process, and clients of it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.tokens = {scope: token_for(home, scope) for scope in ("generate", "verdicts")}
        self._listener = listen("127.0.0.1", 0)
        self.port = self._listener.getsockname()[1]
        app = create_app(home, now=clock())
        self.serving: Serving = app._pages.state.site.serving
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    def __enter__(self) -> "Server":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(300)
        self._listener.close()

    def client(self, scope: str = "generate") -> openai.OpenAI:
        return openai.OpenAI(
            base_url=f"http://127.0.0.1:{self.port}/v1",
            api_key=self.tokens[scope],
            max_retries=0,
            timeout=120,
        )


@pytest.fixture(scope="module")
def server(once_trained: Home) -> Iterator[Server]:
    """One server for all tests that change nothing."""
    with pytest.MonkeyPatch.context() as monkeypatch, Server(once_trained) as server:
        start_fast(monkeypatch)
        yield server


def test_a_client_of_openai_is_answered_and_told_by_which_version(server: Server) -> None:
    with server.client() as client:
        raw = client.chat.completions.with_raw_response.create(**CHAT)
        answer = raw.parse()
        again = client.chat.completions.create(**CHAT, temperature=0, seed=7)
    version = current(server.home.model).version
    assert answer.object == "chat.completion" and answer.model == "vanne"
    assert answer.system_fingerprint == version[:16]
    assert raw.headers["vanne-model"] == version
    assert raw.headers["cache-control"] == "no-store"
    (choice,) = answer.choices
    assert (choice.message.role, choice.finish_reason) == ("assistant", "length")
    assert choice.message.content
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 8
    assert again.choices == answer.choices, "without a temperature there is no chance in it"


def test_a_stream_says_piece_by_piece_what_a_whole_answer_says(server: Server) -> None:
    long = CHAT | {"max_tokens": 60}
    with server.client() as client:
        whole = client.chat.completions.create(**long)
        stream = client.chat.completions.create(
            **long, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    said = [chunk.choices[0].delta.content or "" for chunk in chunks[:-1]]
    assert "".join(said) == whole.choices[0].message.content
    assert len([piece for piece in said if piece]) > 1
    reasons = [chunk.choices[0].finish_reason for chunk in chunks[:-1]]
    assert reasons == [None] * (len(reasons) - 1) + ["length"]
    assert chunks[-1].choices == [] and chunks[-1].usage == whole.usage
    assert {chunk.usage for chunk in chunks[:-1]} == {None}


def test_a_stream_on_the_wire_is_events_that_end_with_done(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    headers = {
        "Authorization": f"Bearer {server.tokens['generate']}",
        "Content-Type": "application/json",
    }
    connection.request("POST", PATH, json.dumps(CHAT | {"stream": True}), headers)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    events = answer.read().decode().split("\n\n")
    connection.close()
    assert events[-2:] == ["data: [DONE]", ""]
    assert all("usage" not in json.loads(event[6:]) for event in events[:-2])


def test_the_model_has_two_names(server: Server) -> None:
    version = current(server.home.model).version
    with server.client() as client:
        assert [model.id for model in client.models.list()] == ["vanne", version[:16]]
        assert client.models.retrieve("vanne").owned_by == "vanne"
        assert client.chat.completions.create(**CHAT | {"model": version[:8]}).model == version[:8]
        for name in (version[:7], "gpt-4o", version[::-1]):
            with pytest.raises(openai.NotFoundError) as caught:
                client.chat.completions.create(**CHAT | {"model": name})
            assert caught.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-4o")


def test_who_may_not_generate_is_told_so_in_the_clients_own_words(server: Server) -> None:
    with server.client("verdicts") as client, pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(**CHAT)
    assert caught.value.code == "wrong_scope" and "--scope generate" in str(caught.value)
    with server.client() as client, pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key="sk-nobody").chat.completions.create(**CHAT)
    assert caught.value.code == "unauthorized"


@every(
    ("changes", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"n": 129}, "n"),
        ({"n": True}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"logprobs": 3}, "logprobs"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"response_format": {"type": "yaml"}}, "type"),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"schema": {"enum": ["x" * 9000]}},
                }
            },
            "response_format",
        ),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": ""}, "stop"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "content"),
        ({"messages": [{"role": "user", "content": None}]}, "content"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"logits": "secret"}, None),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": ["a"] * 65, "n": 2}, "n"),
        ({"prompt": "a", "echo": True}, "echo"),
        ({"prompt": "a", "suffix": "b"}, "suffix"),
    ],
)
def test_what_is_not_supported_is_refused_by_its_name_and_not_ignored(
    asked: TestClient, changes: dict[str, object], param: str | None
) -> None:
    is_text = "prompt" in changes
    sent = {"model": "vanne"} if is_text else CHAT
    answer = asked.post("/v1/completions" if is_text else PATH, json=sent | changes)
    error = answer.json()["error"]
    assert answer.status_code == answer.json()["status"] == 400
    assert (error["type"], error["code"]) == ("invalid_request_error", "bad_input")
    assert error["param"] == param
    assert "secret" not in answer.text, "what was sent is never repeated"
    assert "saved" not in answer.text, "an answer saves nothing in any case"


def test_what_clients_send_without_meaning_anything_by_it_is_taken(server: Server) -> None:
    neutral = {
        "n": 1, "logprobs": False, "tools": None, "tool_choice": None, "presence_penalty": 0,
        "frequency_penalty": 0.0, "response_format": {"type": "text"}, "user": "somebody",
        "metadata": {"run": "7"}, "stop": None, "stream": False, "store": False, "seed": 2**40,
    }  # fmt: skip
    said = {"role": "assistant", "content": "yes", "refusal": None, "tool_calls": None}
    parts = {
        "role": "user",
        "content": [{"type": "text", "text": "wh"}, {"type": "text", "text": "y"}],
    }
    messages = [{"role": "developer", "content": "Be brief."}, *HELLO, said, parts]
    plain = [{"role": "system", "content": "Be brief."}, *HELLO,
             {"role": "assistant", "content": "yes"}, {"role": "user", "content": "why"}]  # fmt: skip
    with server.client() as client:
        answer = client.chat.completions.create(**CHAT | {"messages": messages}, **neutral)
        again = client.chat.completions.create(**CHAT | {"messages": plain})
    assert answer.choices == again.choices


def test_texts_are_continued_each_as_often_as_asked(server: Server) -> None:
    asked = {"model": "vanne", "max_tokens": 6, "temperature": 1.5, "seed": 5}
    prompts = ["member 1 wrote", "wool"]
    with server.client() as client:
        whole = client.completions.create(**asked, prompt=prompts, n=2, logprobs=2)
        ones = [client.completions.create(**asked | {"seed": 5 + k}, prompt=prompts[k // 2])
                for k in range(4)]  # fmt: skip
        stream = client.completions.create(
            **asked, prompt=prompts, n=2, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
    assert whole.object == "text_completion" and whole.id.startswith("cmpl-")
    assert [choice.index for choice in whole.choices] == [0, 1, 2, 3]
    assert [each.text for each in whole.choices] == [one.choices[0].text for one in ones]
    assert len({each.text for each in whole.choices}) == 4, "each has a chance of its own"
    said = ["".join(c.choices[0].text for c in chunks[:-1] if c.choices[0].index == k)
            for k in range(4)]  # fmt: skip
    assert said == [each.text for each in whole.choices]
    assert chunks[-1].usage == whole.usage and whole.usage.completion_tokens == 24
    assert whole.usage.prompt_tokens == sum(ones[k].usage.prompt_tokens for k in (0, 2))
    told = whole.choices[0].logprobs
    assert "".join(told.tokens) == whole.choices[0].text and told.text_offset[:2] == [0, 1]
    assert len(told.top_logprobs[0]) == 2 and max(told.token_logprobs) <= 0


def test_an_answer_has_the_shape_ends_and_likelihoods_that_were_asked_for(server: Server) -> None:
    schema = {
        "type": "object", "required": ["town"], "additionalProperties": False,
        "properties": {"town": {"type": "string", "maxLength": 8}},
    }  # fmt: skip
    shape = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    with server.client() as client:
        create = client.chat.completions.create
        (choice,) = create(**CHAT | {"max_tokens": 200}, response_format=shape).choices
        assert len(json.loads(choice.message.content)["town"]) <= 8
        plain = create(**CHAT | {"max_tokens": 40}).choices[0].message.content
        stop = plain[10:12]
        (ended,) = create(**CHAT | {"max_tokens": 40}, stop=[stop]).choices
        assert ended.message.content == plain[: plain.index(stop)]
        assert ended.finish_reason == "stop"
        (likely,) = create(**CHAT, logprobs=True, top_logprobs=3).choices
        assert [len(token.top_logprobs) for token in likely.logprobs.content] == [3] * 8
        two = create(**CHAT, n=2, temperature=1.9, seed=1).choices
        assert [each.index for each in two] == [0, 1]
        assert two[0].message.content != two[1].message.content
        bad = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nothing"}}}
        with pytest.raises(openai.BadRequestError) as caught:
            create(**CHAT, response_format=bad)
    assert caught.value.param == "response_format"


def test_a_question_that_is_too_long_says_how_long_it_may_be(server: Server) -> None:
    with server.client() as client, pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model="vanne", prompt="x" * 3000)
    assert caught.value.code == "context_length_exceeded"
    assert "maximum context length is 2048 tokens" in str(caught.value)


def test_without_a_model_it_says_so_and_the_pages_work(home: Home) -> None:
    with asking(home, "generate") as asked:
        answer = asked.post(PATH, json=CHAT)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_model")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["error"]["type"] == "server_error"
        assert asked.get("/v1/models").json() == {"object": "list", "data": []}
        assert asked.get("/").status_code == 200


def test_without_torch_it_says_so(trained: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)  # as if the extra were not installed
    with asking(trained, "generate") as asked:
        answer = asked.post(PATH, json=CHAT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_model")


def test_a_damaged_model_is_a_503_that_names_nothing(
    trained: Home, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (trained.model / "checkpoints").glob("*.safetensors"):
        path.write_bytes(b"x")
    with asking(trained, "generate") as asked, caplog.at_level(logging.ERROR):
        answer = asked.post(PATH, json=CHAT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert "does not have the digest" in caplog.text
    assert "hello" not in caplog.text


def test_too_many_questions_at_once_are_a_429_with_retry_after(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vanne.inference.serving.MOST_QUESTIONS", 1)
    with server.client() as client:
        with client.chat.completions.create(**LONG, stream=True) as stream:
            next(iter(stream))
            with pytest.raises(openai.RateLimitError) as caught:
                client.chat.completions.create(**CHAT)
        assert caught.value.code == "queue_full"
        assert int(caught.value.response.headers["retry-after"]) > 0


def test_requests_that_stream_while_a_member_is_forgotten_all_end_well(
    trained: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_fast(monkeypatch)
    old = current(trained.model).version
    seen: dict[str, list[str]] = {"began": [], "after": []}
    with Server(trained) as server, server.client() as client:
        swapped = threading.Event()

        def stream() -> str:
            chunks = list(client.chat.completions.create(**CHAT | {"max_tokens": 300}, stream=True))
            assert chunks[-1].choices[0].finish_reason in ("length", "stop")
            (version,) = {chunk.system_fingerprint for chunk in chunks}
            return version

        def keep_asking(_: int) -> None:
            while not swapped.is_set():
                seen["began"].append(stream())
            seen["after"].append(stream())

        seen["began"].append(stream())
        with ThreadPoolExecutor(3) as pool:
            asking = [pool.submit(keep_asking, number) for number in range(3)]
            try:
                forget(
                    without(documents(4), 1),
                    trained.model,
                    ForgetRequest("c1", "c2", lambda: datetime(2026, 11, 26, tzinfo=UTC)),
                    ground=GROUND,
                )
                new = current(trained.model).version
                deadline = time.monotonic() + 300
                while stream() != new[:16]:
                    assert time.monotonic() < deadline, "the new version never answered"
            finally:
                swapped.set()
            for each in asking:
                each.result(300)
    served = {path.stem[:16] for path in (trained.model / "models").glob("*.json")}
    assert old[:16] in seen["began"] and set(seen["began"]) <= served
    assert set(seen["after"]) == {new[:16]}


def test_who_hangs_up_ends_the_answer(server: Server) -> None:
    def cpu() -> int:
        return sum(map(int, Path(f"/proc/{engine.process.pid}/stat").read_text().split()[13:15]))

    def leave_a_stream() -> None:
        stream = client.chat.completions.create(**LONG, stream=True)
        next(iter(stream))
        stream.close()

    def wait_for_the_whole_in_vain() -> None:
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=0.2).chat.completions.create(**LONG)

    with server.client() as client:
        client.chat.completions.create(**LONG | {"max_tokens": 1})
        engine = server.serving._engine
        before = cpu()
        client.chat.completions.create(**LONG)
        whole = cpu() - before
        for hang_up in (leave_a_stream, wait_for_the_whole_in_vain):
            before = cpu()
            for _ in range(4):
                hang_up()
            deadline = time.monotonic() + 60
            while engine.answers:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            time.sleep(0.5)
            # each ends a little later than it is left, and whole they would cost four times as much
            assert cpu() - before < 3 * whole, "the engine went on with what nobody waits for"


def test_no_word_of_a_question_or_an_answer_is_logged(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with server.client() as client, caplog.at_level(logging.DEBUG, logger="vanne"):
        said = [{"role": "user", "content": "an unheard-of secret"}]
        client.chat.completions.create(**CHAT | {"messages": said})
    assert "unheard-of" not in caplog.text


def test_addresses_for_openai_are_said_once_for_all() -> None:
    from vanne.web.api.chat import router
    from vanne.web.api.problems import is_openai

    assert all(is_openai(route.path.format(model="x")) for route in router.routes)
    assert not any(is_openai(path) for path in ("/v1/ledger", "/v1/modelsx", "/v1/choices"))


def test_another_part_of_the_api_has_no_second_form(asked: TestClient) -> None:
    assert "error" not in asked.get("/v1/receipts/99").json()
