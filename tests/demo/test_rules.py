"""The demo's policy: LinkedIn's for training to the letter, and four purposes with a switch each."""

from datetime import UTC, datetime

import pytest

from vanne import corpus
from vanne.config import Home
from vanne.demo.demo import write_network
from vanne.demo.network import BASE, demo_policy, make_network
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.policy.policy import TOOLS
from vanne.policy.schedule import policy_at
from vanne.report.switches import purpose_switches
from vanne.terms import LANGUAGES, MAIN_PURPOSE, Category

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
NEVER = {Category.PRIVATE_MESSAGE, Category.SALARY, Category.CREDENTIAL, Category.PAYMENT}


def test_training_is_ruled_as_by_linkedin() -> None:
    assert demo_policy().purpose(MAIN_PURPOSE) == load(BASE).purpose(MAIN_PURPOSE)
    assert demo_policy().digest != load(BASE).digest
    assert demo_policy().version == "2+demo"


@pytest.mark.parametrize("purpose", TOOLS)
def test_each_purpose_has_its_words_and_what_is_never_used(purpose: str) -> None:
    rules = demo_policy().purpose(purpose)
    assert set(rules.words) == set(LANGUAGES)
    assert len({words.title for words in rules.words.values()}) == len(LANGUAGES)
    assert rules.never >= NEVER | {Category.PHOTO, Category.CONTACT, Category.INFERENCE}
    assert rules.minimum_age == 18


def test_help_with_writing_waits_for_a_yes() -> None:
    policy = demo_policy()
    defaults = {p: policy.purpose(p).rollout("CH", AS_OF) for p in TOOLS}
    assert {p for p, rollout in defaults.items() if rollout and not rollout.default_on} == {
        "writing-help"
    }


def test_a_corpus_is_built_for_each_purpose_and_members_see_a_switch_for_each(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = Home(tmp_path_factory.mktemp("network"))
    network = make_network(1, 40, AS_OF)
    write_network(home, network.members, network.items)
    with Ledger.create(home) as ledger:
        ledger.append(list(network.choices))
    built = {p: corpus.build(home, AS_OF, purpose=p) for p in (MAIN_PURPOSE, *TOOLS)}
    assert built["recruiter-search"].counts["allowed"] > 100
    assert built["writing-help"].counts.get("allowed", 0) == 0
    shown = {
        (row["category"], row["visibility"])
        for batch in corpus.read_batches(
            home, built["recruiter-search"], ("category", "visibility")
        )
        for row in batch.to_pylist()
    }
    assert {category for category, _ in shown} <= {
        "profile", "position", "education", "skill", "cv", "post", "article",
    }  # fmt: skip
    assert {visibility for _, visibility in shown} == {"public", "network"}
    switches = purpose_switches(network.members[0], policy_at(home, AS_OF), [], AS_OF)
    assert [s.purpose for s in switches] == [MAIN_PURPOSE, *TOOLS]
