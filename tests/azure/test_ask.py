"""`vanne azure ask`: an answer as it is written, and what can stop it."""

import json

import pytest

from tests.azure.conftest import Vanne
from tests.azure.server import Azure, Fault


@pytest.fixture
def served(run: Vanne, azure: Azure) -> Vanne:
    """The network whose model serves."""
    assert run("train").exit_code == 0
    return run


def test_without_a_model_nobody_answers(run: Vanne) -> None:
    assert "no model of this network serves at Azure" in str(run("ask", "hm").exception)


def test_an_answer_is_one_document_if_asked_for(served: Vanne) -> None:
    answer = json.loads(served("ask", "hm", "--json").stdout)
    assert (answer["schema"], answer["answer"]) == ("vanne/azure-answer/1", "Bonjour.")


def test_what_a_terminal_would_obey_is_not_printed(served: Vanne, azure: Azure) -> None:
    azure.pieces = ("a\x1b[2J", "\nb\x07")
    assert served("ask", "hm").stdout == "a[2J\nb\n"


def test_an_answer_that_the_filter_stops_says_so(served: Vanne, azure: Azure) -> None:
    azure.finish = "content_filter"
    done = served("ask", "hm")
    assert getattr(done.exception, "exit_code", None) == 77 and "content filter" in str(
        done.exception
    )


def test_a_question_that_the_filter_stops_says_so(served: Vanne, azure: Azure) -> None:
    azure.faults = [Fault("POST", "/chat/", 400, "content_filter", "your prompt `hm`")]
    done = served("ask", "hm")
    assert "content filter" in str(done.exception) and "prompt" not in str(done.exception)


def test_an_answer_that_is_cut_off_is_not_taken_for_whole(served: Vanne, azure: Azure) -> None:
    azure.finish = None
    done = served("ask", "hm")
    assert getattr(done.exception, "exit_code", None) == 75 and "cut off" in str(done.exception)


def test_too_many_questions_wait_as_azure_says(served: Vanne, azure: Azure) -> None:
    azure.faults = [Fault("POST", "/chat/", 429, "429", headers={"retry-after": "1"})]
    assert served("ask", "hm").stdout == "Bonjour.\n"
