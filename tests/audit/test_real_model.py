"""The real SmolLM2-135M: secrets that it has read often are found in the adapter that read them."""

import pytest

from tests.audit.conftest import Trained, records, train
from tests.train.tiny import SALT
from vanne.corpus.document import Document
from vanne.train.settings import Settings
from vanne_audit.canaries import invent

pytestmark = pytest.mark.model

SETTINGS = Settings(
    shards=2, slices=1, layers=4, epochs=6, ground_epochs=1, max_tokens=40, learning_rate=0.005
)


def test_secrets_read_often_are_found_in_their_own_shard_and_nowhere_else(tmp_path):
    canaries = invent(4, 1, 3, SETTINGS, SALT, seed=3)
    member = Document("i", "m", "I mend clocks and watches in the old town.", "en", "post")
    documents = [member, *records(canaries)]
    model = train(tmp_path, documents, SETTINGS)
    found = Trained(tmp_path, model, documents, canaries).audited(
        candidates=48, continued=0, draws=50
    )
    inside = [row for row in found["canaries"] if row["standing"] == "in"]
    assert found["verdict"]["in"]["remembered"] is True
    assert found["verdict"]["never"]["remembered"] is False
    assert (
        sum(row["own"]["bits"] for row in inside) > sum(row["unseen"]["bits"] for row in inside) + 6
    )
