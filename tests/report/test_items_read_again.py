"""An inspection keeps few items: the others are read again, and say the same."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from vanne.report import inspected_items
from vanne.report.evaluate import Decided
from vanne.report.inspected_items import InspectedItems, ItemFilter
from vanne.report.inspection import Inspection, inspect
from vanne.web.inspecting import create_app
from vanne.web.inspection_pages import PAGE_ITEMS, Visit, page_of
from vanne.words import words

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
GIVEN = {
    "linkedin": ["linkedin/2026-complete"],
    "twice": ["linkedin/2026-basic", "linkedin/2026-complete"],
    "networks": ["facebook-2025", "instagram-2025", "mastodon", "x"],
    "a CV": ["cv/cv.docx"],
}
FILTERS = (
    ItemFilter(),
    ItemFilter("a"),
    ItemFilter(category="post"),
    ItemFilter(network="linkedin", state="used"),
    ItemFilter("e", state="not-known"),
)


@pytest.fixture(params=[0, 3000], ids=["none kept", "few kept"])
def room(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes of items are kept."""
    monkeypatch.setattr(inspected_items, "KEPT_BYTES", request.param)
    return int(request.param)


def inspected(*names: str) -> Inspection:
    return inspect([FIXTURES / name for name in names], region="CH", as_of=NOW)


@pytest.fixture(scope="module", params=GIVEN)
def kept(request: pytest.FixtureRequest) -> tuple[list[str], Inspection]:
    """An inspection that keeps every item."""
    return GIVEN[request.param], inspected(*GIVEN[request.param])


def test_items_that_are_read_again_are_those_that_were_counted(
    kept: tuple[list[str], Inspection], room: int
) -> None:
    names, whole = kept
    again = inspected(*names)
    assert len(again.decided) == len(list(whole.decided)) > 0
    assert list(again.decided) == list(whole.decided) == list(again.decided)


def test_a_search_finds_the_same_at_any_place_and_in_any_order(
    kept: tuple[list[str], Inspection], room: int
) -> None:
    names, whole = kept
    again = inspected(*names)
    for wanted in FILTERS:
        found = again.search(wanted)
        everything = [each for each in whole.decided if wanted.fits(each)]
        assert len(found) == len(everything), wanted
        for start, stop in ((0, 2), (2, 4), (10, 12), (3, 5), (0, 2), (0, len(everything))):
            assert list(found[start:stop]) == everything[start:stop], wanted


def test_every_page_is_the_same(kept: tuple[list[str], Inspection], room: int) -> None:
    names, whole = kept
    again = inspected(*names)
    pages = -(-len(whole.decided) // PAGE_ITEMS)
    for number in (*range(1, pages + 1), 1):
        visit = Visit("/items", [("page", str(number))], words("fr"))
        assert page_of(again, visit) == page_of(whole, visit)


def test_the_next_page_reads_on_and_one_before_reads_anew(
    kept: tuple[list[str], Inspection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspected_items, "KEPT_BYTES", 0)
    whole = list(kept[1].decided)
    begun: list[int] = []

    def again() -> Iterator[Decided]:
        begun.append(0)
        for each in whole:
            begun[-1] += 1
            yield each

    items = InspectedItems(again)
    for each in whole:
        items.add(each)
    found = items.search(ItemFilter(), len(whole))
    size = max(1, len(whole) // 3)
    assert list(found[:size]) == whole[:size]
    assert begun == [size]
    assert list(items.search(ItemFilter(), len(whole))[size : 2 * size]) == whole[size : 2 * size]
    assert begun == [min(2 * size, len(whole))]
    assert list(found[:size]) == whole[:size]
    assert begun[1:] == [size]


def test_reading_that_fails_begins_anew_the_next_time(tmp_path: Path, room: int) -> None:
    path = tmp_path / "archive.zip"

    def write() -> None:
        with zipfile.ZipFile(path, "w") as packed:
            rows = "".join(f"2026-02-01 07:00:00,l{n},{'word ' * 20}\n" for n in range(40))
            packed.writestr("Comments.csv", "Date,Link,Message\n" + rows)

    write()
    found = inspect(path, region="CH", as_of=NOW).search(ItemFilter())
    path.unlink()
    with pytest.raises(Exception, match=r"archive\.zip"):
        found[30:40]
    write()
    assert len(found[30:40]) == 10


def test_a_page_says_that_the_archive_is_not_there_any_more(tmp_path: Path, room: int) -> None:
    path = tmp_path / "Comments.csv"
    path.write_text("Date,Link,Message\n" + "2026-02-01 07:00:00,l,a river\n" * 90)
    client = TestClient(create_app(inspect(path, region="CH", as_of=NOW), "fr", "key"))
    client.base_url = "http://127.0.0.1"  # type: ignore[assignment]
    assert client.get("/?key=key").status_code == 200
    path.unlink()
    page = client.get("/items?page=2")
    assert page.status_code == 503
    assert f"fichier introuvable\u00a0: `{path}`\u00a0: vérifiez le chemin" in unescape(page.text)


def test_an_open_file_is_read_again_after_it_was_closed(room: int) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("Comments.csv", "Date,Link,Message\n2026-02-01 07:00:00,l,a river\n" * 9)
    data.seek(0)
    with data:
        inspection = inspect(data, region="CH", as_of=NOW)
    assert len(list(inspection.decided)) == inspection.item_count > 0
