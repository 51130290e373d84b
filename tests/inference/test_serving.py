"""Versions change while questions are answered: none is dropped, and what was replaced soon ends."""

import asyncio
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from tests.inference.starting import start_fast
from tests.train.tiny import GROUND, SALT, documents, save_tiny_gguf, tiny_settings, without
from vanne.errors import BusyError, ConfigError, MissingError
from vanne.forget import ForgetRequest
from vanne.forget.forgetting import at_once
from vanne.inference import engine as engine_module
from vanne.inference import serving as serving_module
from vanne.inference.engine import Engine, Places
from vanne.inference.serving import Serving
from vanne.train.exports import recorded
from vanne.train.fit import fit

NOON = datetime(2026, 11, 26, tzinfo=UTC)
LONG = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 1500, "temperature": 0}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    base = save_tiny_gguf(tmp_path_factory.mktemp("base") / "tiny.gguf", context=2048)
    return tiny_settings(base)


@pytest.fixture
def train(settings, tmp_path):
    """Train on what is left when members leave; return the version."""
    store = tmp_path / "home" / "model"
    store.mkdir(parents=True)
    (store / "salt").write_bytes(SALT)

    def trained(*leavers: int) -> str:
        return fit(
            without(documents(4), *leavers), store, settings,
            corpus_version=f"without {leavers}", ground=GROUND,
        ).version  # fmt: skip

    return trained


@pytest.fixture
def store(train, tmp_path) -> Path:
    train()
    return tmp_path / "home" / "model"


def run(go) -> None:
    """Run it in a thread of its own: a browser of other tests may have left a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(go())).result()


@asynccontextmanager
async def serving_of(store: Path, command: str = ""):
    serving = Serving(store, command)
    try:
        yield serving
    finally:
        await asyncio.to_thread(serving.close)


async def told(engine: Engine, began: asyncio.Event | None = None) -> str:
    """Ask an engine for a long answer; return it whole."""
    pieces = []
    async with engine.client() as client:
        asked = client.stream("POST", "/v1/chat/completions", json=LONG | {"stream": True})
        async with asked as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    (choice,) = json.loads(line[6:])["choices"]
                    pieces.append(choice["delta"].get("content") or "")
                    if began:
                        began.set()
    return "".join(pieces)


async def read_before(engine: Engine, asker: str) -> int:
    """Ask for a word; return how many tokens of the question the engine had read before."""
    short = LONG | {"max_tokens": 1}
    async with engine.places.taken(asker) as place, engine.client() as client:
        answer = await client.post("/v1/chat/completions", json=short | place)
    return answer.json()["timings"]["cache_n"]


async def long_answer(serving: Serving, began: asyncio.Event) -> tuple[str, str]:
    async with serving.engine() as engine:
        return engine.version, await told(engine, began)


async def begun(serving: Serving) -> "asyncio.Task[tuple[str, str]]":
    began = asyncio.Event()
    task = asyncio.create_task(long_answer(serving, began))
    waiting = asyncio.create_task(began.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return task


async def until(true) -> bool:
    for _ in range(1200):
        if true():
            return True
        await asyncio.sleep(0.05)
    return False


def is_alive(engine: Engine) -> bool:
    return engine.process.poll() is None


def test_what_began_ends_on_its_version_and_what_was_revoked_is_cut_off(train, store, monkeypatch):
    start_fast(monkeypatch)

    async def go():
        async with serving_of(store) as serving:
            old = serving.version()
            first = await begun(serving)
            async with serving.engine() as engine:
                assert engine.version == old
            engine.process.send_signal(signal.SIGSTOP)  # an answer that takes its time
            new = await asyncio.to_thread(train, 1)
            async with serving.engine() as second:
                assert second.version == new, "a question that comes later has the new version"
            engine.process.send_signal(signal.SIGCONT)
            version, text = await first
            assert version == old and len(text) > 1000, "what began was not dropped"
            assert await until(lambda: not is_alive(engine)), "the old weights are in memory"
            assert await until(lambda: not engine.folder.exists()), "its copy is on the disk"
            assert [copy.model for copy in recorded(store)] == [new]

            monkeypatch.setattr(serving_module, "REVOKED_SECONDS", 0.0)
            monkeypatch.setattr(engine_module, "STOP_SECONDS", 0.5)
            third = await begun(serving)
            second.process.send_signal(signal.SIGSTOP)
            request = ForgetRequest("without (1,)", "c3", lambda: NOON)
            await asyncio.to_thread(at_once, without(documents(4), 1, 2), store, request)
            with pytest.raises(httpx2.TransportError):
                await third
            async with serving.engine() as last:
                assert last.version == serving.version() not in (old, new)
            (store / "CURRENT").unlink()
            with pytest.raises(MissingError):
                async with serving.engine():
                    pass
            assert await until(lambda: not is_alive(last)), "nobody asks, and nothing serves"
        assert recorded(store) == []

    run(go)


def test_an_engine_starts_anew_if_it_dies_and_keeps_askers_apart(store, monkeypatch):
    async def go():
        async with serving_of(store) as serving:
            async with serving.engine() as first:
                os.kill(first.process.pid, 9)
                first.process.wait()
            start_fast(monkeypatch)
            async with serving.engine() as second:
                assert second is not first and is_alive(second)
                second.places = Places(1)
                left = [await read_before(second, asker) for asker in "aabba"]
                assert [bool(each) for each in left] == [False, True, False, True, False]
            holds = await begun(serving)
        assert not is_alive(second) and not second.folder.exists() and not first.folder.exists()
        with pytest.raises(httpx2.TransportError):
            await holds
        with pytest.raises(BusyError):
            async with serving.engine():
                pass

    run(go)


OTHER = """
import json, os, socketserver, sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
folder, socket = sys.argv[1:]
assert (Path(folder) / "model.safetensors").exists()
assert "assistant" in (Path(folder) / "chat_template.jinja").read_text()
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
    def address_string(self):
        return "socket"
socketserver.UnixStreamServer(socket, Handler).serve_forever()
"""


def test_another_engine_reads_merged_weights_with_a_template_and_a_missing_one_is_named(
    store, tmp_path, monkeypatch
):
    (tmp_path / "other.py").write_text(OTHER)
    start_fast(monkeypatch)

    async def go():
        command = f"{sys.executable} {tmp_path / 'other.py'} {{model}} {{socket}}"
        async with serving_of(store, command) as serving, serving.engine() as engine:
            assert engine.version == serving.version()
        async with serving_of(store, "no-such-engine {model} {socket}") as serving:
            with pytest.raises(ConfigError, match="`model_engine` cannot be started"):
                async with serving.engine():
                    pass

    run(go)


def test_nothing_starts_until_somebody_asks_and_nothing_can_before_there_is_a_model(tmp_path):
    (tmp_path / "model").mkdir()

    async def go():
        async with serving_of(tmp_path / "model") as serving:
            with pytest.raises(MissingError) as caught:
                async with serving.engine():
                    pass
            assert caught.value.todo == "run `vanne train`"
            assert serving._thread is None

    run(go)
