"""Versions change while questions are answered: none fails, and what was replaced is soon gone."""

import gc
import queue
import threading
import time

import pytest

from vanne.errors import BusyError, MissingError, VanneError, VerificationError
from vanne.inference import serving as serving_module
from vanne.inference.asking import Began, Ended, GenerationRequest, Options, Piece, Turn
from vanne.inference.serving import GenerationJob, Serving

WAIT = 180


class Asked:
    """A question whose answer can be held up after its first piece."""

    def __init__(self, serving: Serving, *, hold: bool = False, most: int = 20) -> None:
        self.events: queue.Queue[object] = queue.Queue()
        self.go_on, self.began = threading.Event(), threading.Event()
        if not hold:
            self.go_on.set()
        question = GenerationRequest((Turn("user", "hello"),), Options(max_tokens=most))
        self.job = GenerationJob(question, self.tell)
        serving.ask(self.job)

    def tell(self, event: object) -> None:
        self.events.put(event)
        if isinstance(event, Piece):
            self.began.set()
            assert self.go_on.wait(WAIT)

    def version(self) -> str:
        """Return which version answered, once the answer is whole."""
        told = self.all()
        assert isinstance(told[0], Began) and isinstance(told[-1], Ended), told[-1]
        return told[0].version

    def error(self) -> VanneError:
        error = self.all()[-1]
        assert isinstance(error, VanneError)
        return error

    def all(self) -> list[object]:
        told = [self.events.get(timeout=WAIT)]
        while not isinstance(told[-1], Ended | VanneError):
            told.append(self.events.get(timeout=WAIT))
        return told


@pytest.fixture
def serve(tmp_path):
    """Serve the store of the test; every server is closed at its end."""
    made: list[Serving] = []

    def serving(**options: object) -> Serving:
        made.append(Serving(tmp_path / "home" / "model", **options))  # type: ignore[arg-type]
        return made[-1]

    yield serving
    for each in made:
        each.close()


def models_in_memory() -> int:
    from transformers import LlamaForCausalLM

    gc.collect()
    return sum(type(each) is LlamaForCausalLM for each in gc.get_objects())


def until(true) -> bool:
    for _ in range(WAIT * 20):
        if true():
            return True
        time.sleep(0.05)
    return False


def test_an_answer_that_has_begun_ends_on_its_version_and_the_next_is_given_by_the_new(
    train, serve
):
    old = train()
    there = models_in_memory()
    serving = serve()
    first = Asked(serving, hold=True)
    assert first.began.wait(WAIT)
    new = train(1)
    second = Asked(serving)
    first.go_on.set()
    assert (first.version(), second.version()) == (old, new)
    assert models_in_memory() == there + 1, "the old weights are still in memory"
    (serving._store.pointer).write_text(old)
    assert until(lambda: models_in_memory() == there), "nobody asks, and it was replaced"


def test_questions_that_come_while_a_version_is_exchanged_are_all_answered(train, serve):
    old = train()
    serving = serve(most_waiting=1000)
    assert Asked(serving).version() == old
    answered, stop = list[str](), threading.Event()

    def keep_asking():
        while not stop.is_set():
            answered.append(Asked(serving).version())

    threads = [threading.Thread(target=keep_asking) for _ in range(3)]
    for thread in threads:
        thread.start()
    new = train(2)
    assert until(lambda: Asked(serving).version() == new)
    stop.set()
    for thread in threads:
        thread.join(WAIT)
    assert set(answered) == {old, new}


def test_a_version_that_is_deleted_while_it_is_opened_gives_way_to_the_new_one(
    train, serve, store, monkeypatch
):
    old = (store / "CURRENT").read_text().strip()
    new = train(1)
    (store / "CURRENT").write_text(old)
    opened = serving_module.open_generator

    def deleted_meanwhile(root, version):
        if version == old:  # the old checkpoints are gone, as a forgetting leaves them
            (store / "models" / f"{old}.json").unlink()
            (store / "CURRENT").write_text(new)
        return opened(root, version)

    monkeypatch.setattr(serving_module, "open_generator", deleted_meanwhile)
    assert Asked(serve()).version() == new


def test_a_version_that_was_replaced_is_cut_off_in_the_end(train, serve, monkeypatch):
    monkeypatch.setattr("vanne.inference.serving.LOOK_EVERY_SECONDS", 0.0)
    train()
    serving = serve(grace_seconds=0.0)
    slow = Asked(serving, hold=True, most=100)
    assert slow.began.wait(WAIT)
    new = train(1)
    slow.go_on.set()
    assert isinstance(slow.error(), BusyError)
    assert Asked(serving).version() == new


def test_if_the_new_version_cannot_be_loaded_the_old_one_answers_no_more(train, serve, store):
    old = (store / "CURRENT").read_text()
    new = train(1)
    (store / "CURRENT").write_text(old)
    serving = serve()
    assert Asked(serving).version() == old
    lineage = store / "models" / f"{new}.json"
    whole = lineage.read_bytes()
    lineage.write_bytes(b"{}")
    (store / "CURRENT").write_text(new)
    assert isinstance(Asked(serving).error(), MissingError | VerificationError)
    lineage.write_bytes(whole)
    assert Asked(serving).version() == new


def test_who_comes_when_too_many_wait_is_refused(serve, store):
    serving = serve(most_waiting=2)
    first = Asked(serving, hold=True)
    assert first.began.wait(WAIT)
    waiting = [Asked(serving) for _ in range(2)]
    with pytest.raises(BusyError, match="too many questions wait"):
        Asked(serving)
    waiting[0].job.cancel()
    third = Asked(serving)  # nobody waits for the first any more
    first.go_on.set()
    assert waiting[1].version() == third.version() == first.version()
    assert waiting[0].events.empty(), "it was answered although nobody waits"


def test_who_leaves_ends_the_answer(serve, store):
    serving = serve()
    asked = Asked(serving, hold=True, most=100)
    assert asked.began.wait(WAIT)
    asked.job.cancel()
    asked.go_on.set()
    pieces = [event for event in asked.all() if isinstance(event, Piece)]
    assert len(pieces) < 5


def test_nothing_is_loaded_until_somebody_asks_and_nothing_can_be_before_there_is_a_model(
    train, serve
):
    serving = serve()
    with pytest.raises(MissingError) as caught:
        Asked(serving)
    assert caught.value.todo == "run `vanne train`"
    version = train()
    there = models_in_memory()
    assert serving.version() == version
    assert models_in_memory() == there
    assert Asked(serving).version() == version


def test_a_store_that_is_emptied_serves_no_more(serve, store):
    serving = serve()
    there = models_in_memory()
    assert Asked(serving).version()
    (store / "CURRENT").unlink()
    with pytest.raises(MissingError):
        Asked(serving)
    assert until(lambda: models_in_memory() == there)


def test_what_is_being_answered_when_the_server_stops_is_cut_off(serve, store):
    serving = serve()
    there = models_in_memory()
    asked = [Asked(serving, hold=True, most=100), *[Asked(serving) for _ in range(2)]]
    assert asked[0].began.wait(WAIT)
    threading.Timer(0.3, asked[0].go_on.set).start()
    serving.close()
    assert [type(each.error()) for each in asked] == [BusyError] * 3
    with pytest.raises(BusyError):
        Asked(serving)
    assert until(lambda: models_in_memory() == there)
