"""Archives as a stranger would build them to try a reader: shapes that no fixture had before."""

from pathlib import Path
from shutil import make_archive

import pytest

from tests.table import every
from vanne.sources import FileReading, read_archives
from vanne.sources.file_reader import FileMention, FileMentions
from vanne.sources.people import person_id

from .conftest import reasons

STRANGERS = Path(__file__).parents[1] / "fixtures" / "strangers"
NOTHING = "came with the archive and holds nothing of yours"
Said = list[tuple[str | None, str | None]]
Rows = list[tuple[int | None, str]]


def read(network: str) -> dict[str, FileReading]:
    return {file.path: file for file in read_archives([STRANGERS / network]).files}


def file_of(network: str, ending: str) -> FileReading:
    return next(file for path, file in read(network).items() if path.endswith(ending))


def said(network: str, ending: str) -> Said:
    return [(item.category, item.text) for item in file_of(network, ending).items]


def listed(network: str, ending: str) -> Rows:
    return reasons(file_of(network, ending))


@every("network", sorted(folder.name for folder in STRANGERS.iterdir()))
def test_no_file_of_a_stranger_is_lost(network: str) -> None:
    files = read(network)
    assert len(files) == sum(path.is_file() for path in (STRANGERS / network).rglob("*"))
    assert all(file.rows == len(file.items) + len(file.listed) > 0 for file in files.values())


@pytest.mark.parametrize("name", ["likes_and_reactions_1.json", "under_another_name.json"])
def test_a_bare_list_of_likes_is_no_list_of_posts(name: str) -> None:
    ((category, text),) = said("facebook", name)
    assert (category, text) in {("reaction", "LIKE"), ("reaction", "LOVE")}


def test_a_first_row_that_is_broken_does_not_hide_what_the_file_is() -> None:
    name = "photos_and_videos_1.json"
    assert said("facebook", name) == [
        ("post", "no time"), ("post", "At the lake"), ("post", "Thank you"),
    ]  # fmt: skip
    assert listed("facebook", name) == [(1, "not an object")]


def test_a_group_that_is_named_beside_the_text_is_sensitive_too() -> None:
    *_, post = file_of("facebook", "photos_and_videos_1.json").items
    assert (post.text, post.tags) == ("Thank you", ("health",))
    plain, in_group = file_of("facebook", "comments.json").items
    assert (plain.category, plain.visibility, plain.tags) == ("comment", None, ())
    assert (in_group.category, in_group.visibility, in_group.tags) == (
        "group_post", "group", ("union",),
    )  # fmt: skip


def test_rows_in_lists_below_a_key_are_counted_one_by_one() -> None:
    assert said("facebook", "your_event_responses.json") == [("follow", "Fair"), ("follow", "Ball")]
    assert listed("facebook", "your_event_responses.json") == [(3, "not an object")]
    assert [text for _, text in said("facebook", "in_groups.json")] == [
        "One\nAna Lac posted in Cats.", "Two\nAna Lac posted in Cats.",
    ]  # fmt: skip


def test_an_interest_is_read_where_it_is_a_bare_text() -> None:
    assert said("facebook", "ads_interests.json") == [
        ("inference", "Rowing"), ("inference", "Bread"),
    ]  # fmt: skip


def test_a_list_under_profile_is_not_facebook_s_profile() -> None:
    assert not file_of("instagram-2019", "media.json").items
    assert [row for row, _ in listed("instagram-2019", "media.json")] == [1, 2]


def test_a_page_of_a_download_as_html_says_what_to_ask_for() -> None:
    ((_, reason),) = listed("facebook", "controls.html")
    assert "ask the network for JSON" in reason


def test_a_picture_of_a_post_is_not_taken_for_one_of_the_same_name_in_a_message() -> None:
    (posted,) = file_of("facebook", "lake/1.jpg").items
    (sent,) = file_of("facebook", "bram_1/photos/1.jpg").items
    assert (posted.category, sent.category) == ("photo", "private_message")
    assert sent.author == person_id("", "Bram")


def test_a_picture_in_a_folder_of_messages_is_private_though_no_record_names_it() -> None:
    (sent,) = file_of("facebook", "cleo_2/photos/9.jpg").items
    assert (sent.category, sent.author) == ("private_message", None)
    (old,) = file_of("instagram-2019", "direct/201806/d.jpg").items
    assert old.category == "private_message"
    (group,) = file_of("x", "99-k.jpg").items
    assert group.category == "private_message"


def test_the_pictures_of_x_are_what_their_posts_and_messages_are() -> None:
    (deleted,) = file_of("x", "4-z.jpg").items
    (circle,) = file_of("x", "5-w.jpg").items
    (message,) = file_of("x", "6-x.jpg").items
    assert (deleted.visibility, circle.visibility) == ("deleted", "circle")
    assert (message.category, message.author) == ("private_message", person_id("", "2"))


def test_one_row_of_x_in_the_wrong_encoding_costs_itself() -> None:
    assert said("x", "tweets-part1.js") == [("post", "génial")]
    assert listed("x", "tweets-part1.js") == [(1, "bytes that are no text")]


def test_x_may_end_a_file_with_a_semicolon_and_a_line_break() -> None:
    assert said("x", "/tweets.js") == [("post", "Été")]
    assert listed("x", "/tweets.js") == []


def test_long_posts_questions_to_grok_and_likes_of_x() -> None:
    assert said("x", "note-tweet.js") == [("post", "A long one")]
    assert said("x", "grok-chat-item.js") == [
        ("ai_prompt", "What is a sluice?"), ("ai_output", "A gate."),
    ]  # fmt: skip
    (like,) = file_of("x", "like.js").items
    assert (like.category, like.text, like.media) == ("reaction", None, "https://x.example/1")


def test_pages_of_the_portability_api_are_read_however_they_were_stored() -> None:
    assert said("linkedin-api", "pages.json") == [("skill", "Rowing"), ("skill", "Baking")]
    assert said("linkedin-api", "first-an-error.json") == [("education", "Algebra\n1")]
    assert said("linkedin-api", "pages.jsonl") == [
        ("profile", "French\nC2"), ("education", "EPFL\n2012 –"),
    ]  # fmt: skip
    assert said("linkedin-api", "one-element.json") == [("education", "Lifeguard\nSLRG")]


def test_an_error_between_pages_of_the_api_is_listed() -> None:
    assert [row for row, _ in listed("linkedin-api", "pages.json")] == [2]
    assert [row for row, _ in listed("linkedin-api", "first-an-error.json")] == [1]
    assert [row for row, _ in listed("linkedin-api", "pages.jsonl")] == [2]
    assert listed("linkedin-api", "one-element.json") == [(2, "not an object")]


def test_a_post_of_a_forum_holds_nothing_that_it_quotes() -> None:
    assert said("discourse", "user_archive.csv") == [("post", "Boats\nMine")]


def test_one_row_of_a_table_in_the_wrong_encoding_costs_itself() -> None:
    assert said("linkedin", "Shares.csv") == [("post", "Zürich")]
    assert listed("linkedin", "Shares.csv") == [(2, "bytes that are no text")]


def test_invitations_are_known_by_the_day_on_which_they_were_sent() -> None:
    assert said("linkedin", "Invitations.csv") == [("contact", None)]


def test_behind_a_stray_quote_in_a_row_nothing_is_read() -> None:
    rest = "not read: it is behind a row that cannot be read"
    assert said("broken", "your_posts_1.json") == []
    assert listed("broken", "your_posts_1.json") == [(1, "not JSON"), (2, rest)]
    assert said("broken", "comments.json") == [("comment", "one"), ("comment", "two")]
    assert listed("broken", "comments.json") == [(3, "not JSON"), (4, rest)]
    assert listed("broken", "pages.json") == [(1, "not JSON"), (2, rest)]


def test_a_file_of_lines_is_known_though_its_first_lines_are_broken() -> None:
    assert said("broken", "chat.jsonl") == [("private_message", "whole")]
    assert [row for row, _ in listed("broken", "chat.jsonl")] == [1, 2, 4]


def test_pages_that_lie_in_pages_without_end_are_no_way_to_break_the_reader(
    tmp_path: Path,
) -> None:
    """Each level would be a call; the file is made here, since its nesting is the point."""
    nested = '[{"elements":' * 5000 + '["a"b"]' + "}]" * 5000
    path = tmp_path / "pages.json"
    path.write_text('{"snapshotDomain":"SKILLS","elements":' + nested + "}")
    (file,) = read_archives([path]).files
    assert not file.items
    assert file.rows == len(file.listed) > 0


def test_what_only_looks_like_a_network_s_records_gives_no_item() -> None:
    assert not [item for file in read("others").values() for item in file.items]


def test_a_folder_of_zips_is_the_parts_of_a_download(tmp_path: Path) -> None:
    for part in ("facebook", "x"):
        make_archive(str(tmp_path / part), "zip", STRANGERS / part)
    reading = read_archives([tmp_path])
    assert {file.archive for file in reading.files} == {"facebook.zip", "x.zip"}
    assert reading.rows > len(list(reading.items)) > 10


def test_a_film_that_a_message_names_has_the_reader_of_files() -> None:
    film = file_of("facebook", "bram_1/videos/v.mp4")
    assert film.reader == "media/file"
    assert [item.category for item in film.items] == ["private_message"]


def test_what_the_member_saw_is_no_post_though_its_file_is_called_after_posts() -> None:
    found = {path.rpartition("/")[2]: file.items for path, file in read("labels").items()}
    assert {name: item.category for name, items in found.items() for item in items} == {
        "posts_1.json": "post",
        "posts_viewed.json": "inference",
        "your_posts__check_ins__photos_and_videos_1.json": "post",
        "your_comments_in_groups.json": "group_post",
        "your_search_history.json": "search",
        "your_friends.json": "contact",
    }


def test_a_remark_above_the_header_is_passed_over_in_every_table_of_linkedin() -> None:
    assert said("linkedin", "Education.csv") == [("education", "EPFL\nMSc\n2012 –")]
    assert said("linkedin", "Skills.csv") == [("skill", "Rowing")]
    assert not listed("linkedin", "Education.csv") + listed("linkedin", "Skills.csv")


def test_a_document_with_a_long_first_row_is_known(tmp_path: Path) -> None:
    """Longer than what is looked at first; made here for its length."""
    path = tmp_path / "your_posts_1.json"
    path.write_text('[{"data":[{"post":"' + "a" * 200_000 + '"}],"timestamp":1700000000}]')
    (file,) = read_archives([path]).files
    assert [item.category for item in file.items] == ["post"]


def test_a_picture_of_the_viewer_in_an_archive_of_x_is_no_photo_of_the_member() -> None:
    assert not file_of("x", "logo.png").items
    assert listed("x", "logo.png") == [(None, NOTHING)]


def test_a_comment_of_instagram_is_what_was_written_and_never_whose_post_it_was() -> None:
    assert said("instagram", "post_comments_1.json") == [
        ("comment", "Salut"), ("comment", None), ("comment", "Halló"),
    ]  # fmt: skip


@pytest.mark.parametrize("step", [1, -1], ids=["sent last", "sent first"])
def test_of_records_that_name_files_of_one_name_the_longest_path_counts(step: int) -> None:
    post, sent = (FileMention(kind, None, None, None) for kind in ("post", "private_message"))
    files = FileMentions(["here/posts/1.jpg", "here/messages/1.jpg", "here/1.jpg", "here/2.jpg"])
    named = [("posts/1.jpg", post), ("messages/1.jpg", sent), ("./2.jpg", post)]
    for place, naming in named[::step]:
        files.add(place, naming)
    assert files.of("here/posts/1.jpg") is post
    assert files.of("here/messages/1.jpg") is files.of("here/1.jpg") is sent
    assert (files.of("here/2.jpg"), files.of("here/3.jpg"), files.of(".")) == (post, None, None)


def test_what_was_put_away_or_thrown_away_is_no_longer_public() -> None:
    for network in ("facebook-2019", "instagram", "instagram-labels"):
        items = {item.text: item for file in read(network).values() for item in file.items}
        away, thrown = items["Put away"], items["Thrown away"]
        assert (away.category, away.visibility) == ("post", "archived")
        assert (thrown.category, thrown.visibility, thrown.tags) == (
            "post", "deleted", ("deleted",),
        )  # fmt: skip


def test_the_files_of_an_older_facebook_are_read_too() -> None:
    found = {path.rpartition("/")[2]: file.items for path, file in read("facebook-2019").items()}
    assert {name: [item.category for item in items] for name, items in found.items()} == {
        "archive.json": ["post"],
        "trash.json": ["post"],
        "no-data.txt": [],
        "account_activity.json": ["account"],
        "your_group_membership_activity.json": ["follow"],
        "ads_interests.json": ["inference", "inference"],
        "other_categories_used_to_reach_you.json": ["inference"],
        "removed_friends.json": ["contact"],
        "polls_you_voted_on.json": ["poll_vote"],
    }


def test_what_came_with_an_archive_and_is_no_data_says_so() -> None:
    for network, ending in (
        ("facebook-2019", "no-data.txt"), ("linkedin-semicolon", "._Skills.csv"),
        ("x", "Your archive.html"),
    ):  # fmt: skip
        assert listed(network, ending) == [(None, NOTHING)]


def test_a_page_of_a_download_as_html_is_of_the_network_that_made_it() -> None:
    readers = {file.reader for file in read("instagram-html").values()}
    assert readers == {"instagram/page", "instagram/page-posts", "media/file"}
    assert file_of("facebook", "controls.html").reader == "facebook/page"


def test_every_domain_of_the_portability_api_has_a_reader() -> None:
    assert said("linkedin-api", "more-domains.json") == [
        ("private_message", "Hello"), ("recommendation", "Rowing"), ("recommendation", "Baking"),
        ("contact", "Jo\nFrei"), ("cv", "Ana Lac, rower"), ("account", None),
        ("screening_answer", "Do you row?\nYes"), ("ai_output", "Try rowing"),
    ]  # fmt: skip
    assert listed("linkedin-api", "more-domains.json") == [(9, "unknown part of the file")]


def test_a_table_of_one_column_is_parted_by_what_fits_its_rows() -> None:
    assert said("linkedin-semicolon", "/Skills.csv") == [
        ("skill", "Rowing"), ("skill", "Bread, butter"),
    ]  # fmt: skip


def test_a_file_that_is_only_called_a_table_is_read_as_what_it_is() -> None:
    assert said("linkedin-semicolon", "Shares.csv") == [("post", "Saved under a name of LinkedIn")]


def test_rows_whose_columns_have_nothing_in_common_are_no_duplicates() -> None:
    reading = read_archives([STRANGERS / "linkedin-years" / year for year in ("2022", "2026")])
    assert [len(file.items) for file in reading.files] == [2, 1, 2, 1]
    assert not [one for file in reading.files for one in file.listed]


def test_a_table_that_excel_wrote_again_in_switzerland_keeps_its_times() -> None:
    (comment,) = file_of("linkedin-semicolon", "Comments.csv").items
    assert (comment.text, str(comment.created_at)) == ("Déjà vu, non?", "2026-02-09 01:21:00+00:00")
