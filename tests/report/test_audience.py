"""Who sees what a member posts: told by the archive, said by the member, or a range."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from vanne.report.evaluate import Evaluation
from vanne.report.inspection import inspect
from vanne.report.inspection_words import advice, headline
from vanne.report.states import Audience
from vanne.web.inspection_pages import Visit, page_of
from vanne.words import words

from .test_inspection_screen import ADULT, NOW, inspected, item

FACEBOOK = Path(__file__).parents[1] / "fixtures" / "facebook-2019"


@pytest.mark.parametrize(("audience", "used"), [("public", 2), ("friends", 1), ("unknown", 1)])
def test_who_sees_the_posts_is_asked_and_the_answer_counts(audience: Audience, used: int) -> None:
    silent = replace(item(1, "facebook/posts"), visibility=None)
    remark = replace(item(2, "facebook/comments", "comment"), visibility=None)
    asked = inspected(silent, remark, item(3, "facebook/posts"))
    assert (asked.asked, asked.audience_unknown) == (1, 2)
    assert advice(asked)[0].kind == "audience"
    found = asked.answered(audience)
    (part,) = found.networks
    post, comment, _ = found.decided
    assert (part.claimed, sum(each.state.state == "used" for each in found.decided)) == (used, used)
    # under a post of somebody else: the member's own posts do not tell
    assert comment.state.audience_unknown
    assert (post.state.state == "not-used") is (audience == "friends")
    assert found.answered("unknown").states == asked.states


@pytest.mark.parametrize(("is_closed", "state"), [(True, "not-known"), (False, "used")])
def test_where_the_archive_says_who_sees_the_account_nobody_is_asked(
    is_closed: bool, state: str
) -> None:
    judges = Evaluation(ADULT, NOW, None, closed={"instagram": is_closed})
    post = judges.decide(replace(item(1, "instagram/posts"), visibility=None))
    assert (post.state.state, post.by_audience) == (state, ())


@pytest.mark.parametrize(
    ("closed", "state"),
    [({"instagram": True}, "not-known"), ({"instagram": False}, "not-known"), ({}, "not-known")],
)
def test_a_story_has_an_audience_of_its_own(closed: dict[str, bool], state: str) -> None:
    judges = Evaluation(ADULT, NOW, None, closed=closed)
    story = judges.decide(replace(item(1, "instagram/stories"), visibility="story"))
    assert (story.state.state, story.by_audience) == (state, ())


@pytest.mark.parametrize(("days", "state"), [(-1, "not-known"), (0, "not-used"), (1, "not-used")])
def test_an_item_made_since_the_account_was_closed_was_never_public(days: int, state: str) -> None:
    since = NOW - timedelta(days=30)
    closed = {"instagram": True}, {"instagram": since}
    judges = Evaluation(ADULT, NOW, None, None, frozenset(), *closed)
    made = replace(item(1, "instagram/posts"), visibility=None, created_at=since + timedelta(days))
    post = judges.decide(made)
    assert (post.state.state, post.state.may_be_used) == (state, state == "not-known")


def test_whether_a_group_is_public_is_not_known() -> None:
    post = replace(item(1, "facebook/group-posts", "group_post"), visibility="group")
    (told,) = inspected(post).answered("public").decided
    assert told.state.audience_unknown


@pytest.mark.parametrize(
    ("query", "answer"),
    [([], "1–7"), ([("audience", "public")], "6–7"), ([("audience", "friends")], "1–2")],
)
def test_the_page_asks_and_its_other_pages_keep_the_answer(
    query: list[tuple[str, str]], answer: str
) -> None:
    found = inspect([FACEBOOK], region="CH", as_of=NOW)
    page = page_of(found, Visit("/", query, words("fr"))) or ""
    assert "Vos publications sont-elles publiques" in page
    assert f"{answer} de vos" in page
    kept = f"?audience={query[0][1]}" if query else ""
    assert f'href="/items{kept}"' in page
    items = page_of(found, Visit("/items", query, words("en"))) or ""
    assert ("Not everybody may see it" in items) is (query == [("audience", "friends")])


def test_the_command_takes_the_answer() -> None:
    found = inspect([FACEBOOK], region="CH", as_of=NOW, audience="public")
    assert "6–7" in headline(found, words("en"))
