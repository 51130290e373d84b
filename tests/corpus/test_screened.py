"""No text leaves the corpus unscreened, and a version always reads the same texts."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.corpus.exporting import AS_OF, MEMBERS, document, exported, item, rows_of
from tests.corpus.test_damage import cut, empty, flip
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import arrays, build, current, read, refresh, verify
from vanne.corpus.manifest import Manifest, ScreeningRules, load, publish
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.screening import KINDS, rules_digest
from vanne.sources.tables import write_items, write_members

PAID = "My salary is $95,000, and I write to ann@example.org about it."
SCREENED = "My salary is [SALARY], and I write to [EMAIL] about it."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    owner = MEMBERS[0].member_id
    plain = item("plain", owner, text="Sailing boats are built of wood, and of patience.")
    write_items([item("paid", owner, text=PAID), plain], home.items / "items.parquet")
    write_members(MEMBERS, home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    build(home, AS_OF)
    return home


def texts(home: Home, manifest: Manifest | None = None) -> dict[str, str]:
    return {each.item_id: each.text for each in read(home, manifest or current(home))}


def pinned(home: Home, screening: ScreeningRules | None) -> Manifest:
    """Make a version that says something else of its screening the current one."""
    manifest = replace(current(home), screening=screening)
    publish(home, manifest)
    return load(home, manifest.version)


def test_a_text_is_read_with_something_taken_out_and_the_others_as_they_are(home: Home) -> None:
    found = texts(home)
    assert found["paid"] == SCREENED
    assert found["plain"] == "Sailing boats are built of wood, and of patience."


def test_only_what_the_policy_names_is_taken_out(home: Home) -> None:
    own = '\n[purposes.generative-ai-training.screening]\nredact = ["email"]\nsources = ["vanne"]\n'
    home.policy.write_text(text_of("linkedin-2025-11-03") + own)
    assert refresh(home, AS_OF).screening == ScreeningRules(("email",), rules_digest())
    assert texts(home)["paid"] == PAID.replace("ann@example.org", "[EMAIL]")


def test_a_version_of_other_rules_is_refused_until_it_is_refreshed(home: Home) -> None:
    other = pinned(home, ScreeningRules(KINDS, "0" * 64))
    with pytest.raises(VerificationError, match="other rules of screening") as refused:
        texts(home, other)
    assert "vanne corpus refresh" in refused.value.help()
    assert refresh(home, AS_OF) == build(home, AS_OF, make_current=False)
    assert texts(home)["paid"] == SCREENED


def kept_places(home: Home) -> Path:
    """Return the one file that says what is taken out of the texts of this corpus."""
    [path] = (home.corpus / "facts").glob("*.screened-*.arrow")
    return path


def test_what_is_taken_out_is_looked_for_once(home: Home) -> None:
    texts(home)
    about, saved = arrays.load(kept_places(home))
    assert (about["rows"], saved["text.rows"].tolist()) == (2, [0, 0])
    none = {name: array[:0] for name, array in saved.items()}
    arrays.save(kept_places(home), about, none)  # whoever may write here is believed, as for facts
    assert texts(home)["paid"] == PAID
    with pytest.raises(VerificationError, match="not what is in it"):
        verify(home, current(home))


@pytest.mark.parametrize("harm", [flip, cut, empty, Path.unlink])
def test_kept_places_that_are_damaged_are_looked_for_again(
    home: Home, harm: Callable[[Path], None]
) -> None:
    texts(home)
    harm(kept_places(home))
    assert texts(home)["paid"] == SCREENED
    assert arrays.load(kept_places(home))[1]["text.rows"].tolist() == [0, 0]


def test_kept_places_of_other_data_are_not_believed(home: Home) -> None:
    texts(home)
    own = kept_places(home)
    about, saved = arrays.load(own)
    none = {name: array[:0] for name, array in saved.items()}
    arrays.save(own, about | {"data": "0" * 64}, none)
    assert texts(home)["paid"] == SCREENED


def test_a_corpus_that_nothing_can_be_kept_beside_is_read_all_the_same(home: Home) -> None:
    shutil.rmtree(home.corpus / "facts")
    (home.corpus / "facts").write_text("no folder")
    assert texts(home)["paid"] == SCREENED


def test_a_build_removes_the_places_that_other_rules_found(home: Home) -> None:
    texts(home)
    own = kept_places(home)
    other = own.with_name(own.name.replace(rules_digest()[:16], "0" * 16))
    shutil.copy(own, other)
    build(home, AS_OF)
    assert own.exists() and not other.exists()


def test_the_command_counts_each_kind_and_says_nothing_of_what_it_found(home: Home) -> None:
    told = CliRunner().invoke(
        cli,
        ["corpus", "verify", "--screening", "--home", str(home.root), "--json"],
        catch_exceptions=False,
    )
    said = json.loads(told.stdout)
    assert (said["schema"], said["texts"]) == ("vanne/corpus-verification/1", 2)
    assert said["redacted"] == {kind: int(kind in ("salary", "email")) for kind in KINDS}
    assert "95,000" not in told.output and "ann@" not in told.output


def test_an_export_is_screened_and_counts_it(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "out")
    assert SCREENED in {row["text"] for row in rows_of(tmp_path / "out")}
    counted = document(tmp_path / "out")["redacted"]
    assert {kind: n for kind, n in counted.items() if n} == {"salary": 1, "email": 1}
