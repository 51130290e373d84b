"""A member reads when something left the model that serves, and when the rest was trained again."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.forget.homes import hours, make_home, say, train
from tests.report.test_report_page import REPORT, text_of
from tests.web.conftest import sign_in
from tests.web.network import clock
from vanne.config import Home
from vanne.forget import Certificate
from vanne.forget.backlog import find_backlog, forget_at_once, forget_backlog
from vanne.report.document import report_json
from vanne.report.person_words import outcome
from vanne.report.usage import ChoiceOutcome, PurposeUsage, usage_report
from vanne.train.model import current, items_in
from vanne.train.settings import TrainingSettings
from vanne.web import create_app
from vanne.words import words


@dataclass
class Night:
    """A home in which m0 said no and has left at once; others of their slices wait."""

    home: Home
    first: Certificate
    index: int

    def retrain(self) -> Certificate:
        return forget_backlog(self.home, find_backlog(self.home, hours(5)), lambda: hours(5))

    def of(self, member: str) -> PurposeUsage:
        return usage_report(self.home, member, hours(6)).usages[0]


@pytest.fixture
def night(tmp_path: Path, tiny: TrainingSettings) -> Night:
    home = make_home(tmp_path / "home")
    train(home, tiny)
    index = say(home, 0, False, hours(1))
    first = forget_at_once(home, find_backlog(home, hours(2)), lambda: hours(2))
    assert first is not None and first.waiting
    return Night(home, first, index)


def waiting_member(night: Night) -> str:
    """Somebody who said nothing, is in none of m0's texts, and whose texts wait."""
    held = items_in(night.home.model, current(night.home.model))
    return next(f"m{n}" for n in range(2, 5) if f"post-{n}" not in held)


def texts(night: Night, answer: ChoiceOutcome) -> list[str]:
    """What a person reads became of a choice."""
    return [words("en").say(each) for each in outcome(answer, night.of("m0").deployment)]


def test_no_is_done_when_it_left_the_model_that_serves_and_trained_again_later(
    night: Night,
) -> None:
    (answer,) = night.of("m0").answers
    assert (answer.outcome, answer.certificate, answer.retrained) == ("done", night.first, None)
    assert texts(night, answer)[-1].endswith("is being trained again.")
    last = night.retrain()
    (answer,) = night.of("m0").answers
    assert (answer.certificate, answer.retrained) == (night.first, last)
    assert f"certificate {last.id[:8]}." in texts(night, answer)[-1]
    (choice,) = report_json(usage_report(night.home, "m0", hours(6)))["purposes"][0]["choices"]
    assert choice["forgotten_on"] == hours(2).date().isoformat()
    assert choice["retrained_on"] == hours(5).date().isoformat()


def test_items_left_with_the_first_certificate_and_both_name_the_receipt(night: Night) -> None:
    last = night.retrain()
    proofs = night.of("m0").proofs
    assert [(p.certificate.id, p.items, p.receipts) for p in proofs] == [
        (night.first.id, 2, (night.index,)),
        (last.id, 0, (night.index,)),
    ]


def test_whose_texts_only_wait_has_left_nothing(night: Night) -> None:
    who = waiting_member(night)
    before = night.of(who)
    assert before.proofs == ()
    assert before.report.in_model < before.report.in_corpus
    night.retrain()
    after = night.of(who)
    assert after.proofs == ()
    assert after.report.in_model == after.report.in_corpus


def test_pages_say_both_phases_and_lead_from_one_to_the_other(night: Night) -> None:
    last = night.retrain()
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    app = create_app(night.home, now=clock(hours(6)))
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        first_page = f"/certificates/{night.first.id[:16]}"
        last_page = f"/certificates/{last.id[:16]}"
        said = sign_in(client, "m0").get(REPORT).text
        assert first_page in said and last_page in said
        page = client.get(first_page).text
        assert "were deleted and went out of service" in text_of(page)
        assert f'href="{last_page}"' in page
        assert f"Receipt no. {night.index}" in text_of(page)
        assert "due by" in text_of(page)
        assert f'href="{first_page}"' in client.get(last_page).text
