"""LinkedIn's archives: every era, every dialect, every row accounted for."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vanne.sources import FileReading, Reading, csvtext, read_archives, streams
from vanne.sources.kinds import kind_of
from vanne.sources.people import person_id
from vanne.sources.readers import table_kinds
from vanne.sources.reading import FileNote
from vanne.terms import Item
from vanne.words import Message

from .conftest import BASIC, COMPLETE, FIXTURES, MakeZip, reasons

EraZip = Callable[..., Path]
ReadOne = Callable[[str, "str | bytes"], FileReading]
ReadFiles = Callable[[Mapping[str, "str | bytes"]], Reading]

ERAS = ["2021-basic", "2023-basic", "2026-basic", "2026-complete"]
SHARES = "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
COMMENTS = "Date,Link,Message\n"
BRAM = person_id("https://www.linkedin.com/in/bram-oosterling", "")


def items_of(reading: Reading, reader: str) -> list[Item]:
    return [item for item in reading.items if item.source == f"linkedin/{reader}"]


@pytest.fixture
def complete(era_zip: EraZip) -> Reading:
    return read_archives([era_zip("2026-complete")])


# nothing is lost


@pytest.mark.parametrize("era", ERAS)
def test_every_file_of_every_era_is_there_and_understood(era: str, era_zip: EraZip) -> None:
    reading = read_archives([era_zip(era)])
    files = [path for path in (FIXTURES / era).rglob("*") if path.is_file()]
    assert len(reading.files) == len(files)
    strange = {reason for file in reading.files for _, reason in reasons(file)}
    assert strange <= {"unknown file", "empty row"}
    assert reading.rows == sum(1 for _ in reading.items) + sum(len(f.listed) for f in reading.files)


@pytest.mark.parametrize("era", ERAS)
def test_a_folder_reads_like_the_zip(era: str, era_zip: EraZip) -> None:
    def texts(reading: Reading) -> Counter[tuple[str, str | None]]:
        return Counter((item.item_id, item.text) for item in reading.items)

    assert texts(read_archives([FIXTURES / era])) == texts(read_archives([era_zip(era)]))


def test_a_wrapper_folder_and_other_spellings_change_nothing(read_files: ReadFiles) -> None:
    reading = read_files({"my export/SKILLS.CSV": "name\nR\n", "a/b/rich media_12345678.csv": ""})
    assert [file.reader for file in reading.files] == ["linkedin/skills", "linkedin/rich-media"]
    assert [item.text for item in reading.items] == ["R"]


def test_an_unknown_file_is_listed_row_by_row(complete: Reading) -> None:
    files = {file.path: file for file in complete.files}
    assert reasons(files["Sediment_900000001.csv"]) == [(1, "unknown file"), (2, "unknown file")]
    assert reasons(files["readme.bin"]) == [(None, "unknown file")]
    assert files["Volunteering.csv"].rows == 0


def test_a_header_that_is_not_understood_lists_the_file(read_one: ReadOne) -> None:
    file = read_one("Skills.csv", "Nom\nHydrologie\nR\n")
    assert reasons(file) == [(1, "header not understood"), (2, "header not understood")]
    assert reasons(read_one("Skills.csv", "Hydrologie")) == [(None, "header not understood")]


def test_header_only_and_no_conversations_are_no_rows(read_files: ReadFiles) -> None:
    reading = read_files(
        {
            "Skills.csv": "Name\n",
            "LearningCoachMessages.csv": "No conversations found",
            "Connections.csv": "",
        }
    )
    assert [file.rows for file in reading.files] == [0, 0, 0]


def test_columns_may_come_in_any_order_be_missing_or_be_new(read_files: ReadFiles) -> None:
    text = "shoe size, title ,COMPANY NAME\n42,Hydrologist,Lac\n"
    reading = read_files({"Positions.csv": text})
    assert [item.text for item in reading.items] == ["Hydrologist\nLac"]
    assert [str(note) for note in reading.notes] == [
        "Positions.csv: column shoe size is not known and left out"
    ]


def test_breaking_one_row_lists_exactly_that_row(read_one: ReadOne) -> None:
    rows = [f"2026-02-{day:02} 07:00:00,l,text {day}" for day in range(1, 10)]
    for broken, why in (
        ("2026-02-31 07:00:00,l,t", "date not understood in column Date"),
        ("2026-02-05 07:00:00,l", "row has 2 fields, header has 3"),
        ("2026-02-05 07:00:00,l,a,b", "row has 4 fields, header has 3"),
        ('2026-02-05 07:00:00,l,"a "b" c"', "quotes that do not match"),
        (",,", "empty row"),
    ):
        file = read_one("Comments_1.csv", COMMENTS + "\n".join([*rows[:4], broken, *rows[5:]]))
        assert reasons(file) == [(5, why)]
        assert len(file.items) == 8


def test_a_column_name_that_is_no_text_is_shown_as_such(read_files: ReadFiles) -> None:
    reading = read_files({"Skills.csv": b"Name,\xc3\xa9,\xff\nR,a,b\n"})
    assert [item.text for item in reading.items] == ["R"]
    assert "Skills.csv: column \ufffd is not known and left out" in map(str, reading.notes)


def test_a_file_that_is_cut_off_keeps_its_whole_rows(read_files: ReadFiles) -> None:
    text = COMMENTS + '2026-02-01 07:00:00,l,whole\n2026-02-02 07:00:00,l,"half\nof a te'
    reading = read_files({"Comments.csv": text})
    assert reasons(reading.files[0]) == [(2, "truncated")]
    assert [str(note) for note in reading.notes] == [
        "Comments.csv: cut off, the last row is not whole"
    ]


def test_a_windows_code_page_is_read_with_a_warning_that_names_the_file(
    read_files: ReadFiles,
) -> None:
    reading = read_files({"Skills.csv": "Name\nHydrométrie\n".encode("cp1252")})
    assert [item.text for item in reading.items] == ["Hydrométrie"]
    assert [str(note) for note in reading.notes] == ["Skills.csv: not UTF-8, read as Windows-1252"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(
        [f"{stem}.csv" for k in table_kinds().values() for stem in k.stems] + ["x.csv"]
    ),
    data=st.binary(max_size=120),
    with_header=st.booleans(),
)
def test_any_bytes_in_any_file_are_counted(
    tmp_path: Path, name: str, data: bytes, with_header: bool
) -> None:
    kind = kind_of(name)
    if with_header and kind is not None:
        columns = dict.fromkeys([*kind.needs[0], *kind.text, *kind.dates])
        data = ",".join(columns).encode() + b"\n" + data
    (tmp_path / "Languages.csv").write_text("Name,Proficiency\n")
    path = tmp_path / "odd.csv"
    path.write_bytes(data)
    path = path.rename(tmp_path / name)
    reading = read_archives([tmp_path])
    path.unlink()
    file = next(f for f in reading.files if f.path == name)
    assert file.rows == len(file.items) + len(file.listed)
    has_rows = b"\n" in data.strip() and (kind is not None) and with_header
    assert file.rows > 0 or not has_rows or not data.split(b"\n", 1)[1].strip(b'\n\r\0 "')
    for text in (*map(str, reading.notes), *(item.text or "" for item in file.items)):
        text.encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet='<>/!-[]a" =&;#\npstylehd', max_size=80))
def test_any_page_is_an_article_or_listed(tmp_path: Path, page: str) -> None:
    folder = tmp_path / "Articles"
    folder.mkdir(exist_ok=True)
    (folder / "a.html").write_text(page, newline="")
    assert read_archives([tmp_path]).files[0].rows == 1


# what a row becomes


def test_each_kind_of_file_has_its_category(complete: Reading) -> None:
    found = Counter(item.category for item in complete.items)
    assert found == {
        "profile": 3,
        "position": 2,
        "education": 3,
        "skill": 2,
        "cv": 1,
        "recommendation": 3,
        "contact": 4,
        "private_message": 2,
        "ai_prompt": 1,
        "ai_output": 1,
        "post": 2,
        "group_post": 1,
        "comment": 4,
        "reaction": 2,
        "poll_vote": 1,
        "follow": 3,
        "photo": 1,
        "article": 1,
        "job_search": 2,
        "job_application": 1,
        "salary": 3,
        "screening_answer": 2,
        "search": 1,
        "learning": 1,
        "inference": 2,
        "account": 4,
        "payment": 1,
    }


def test_the_profile_keeps_what_is_private_out_of_the_text(complete: Reading) -> None:
    text = items_of(complete, "profile")[0].text or ""
    assert "Hydrologist" in text
    assert not any(word in text for word in ("Rue du Lac", "Apr 12", "1000"))


def test_state_has_the_time_of_the_archive_and_an_act_its_own(complete: Reading) -> None:
    snapshot = datetime(2026, 6, 8, tzinfo=UTC)
    assert complete.snapshot == snapshot
    assert {item.created_at for item in items_of(complete, "positions")} == {snapshot}
    assert items_of(complete, "positions")[0].fields["start"] == "2018-01"
    times = [item.created_at for item in items_of(complete, "comments")]
    assert times[0] == datetime(2026, 2, 10, 7, tzinfo=UTC)
    assert times[3] is None


def test_a_comment_is_whole_in_its_own_dialect(complete: Reading) -> None:
    texts = [item.text for item in items_of(complete, "comments")]
    assert texts[0] == 'She said "no, never", and left'
    assert texts[1] == "Two lines,\nand a path C:\\data"


def test_quotes_around_each_line_of_a_post_are_taken_off(complete: Reading) -> None:
    texts = [item.text for item in items_of(complete, "shares")]
    assert texts[0] == 'Check out "this" article, please'
    assert texts[2] == 'First line\n\nLast "line" here'


def test_quotes_at_the_ends_of_some_lines_are_the_members_own(read_one: ReadOne) -> None:
    file = read_one(
        "Shares.csv", SHARES + '2026-02-09 01:21:47,l,"He said ""a""\n""b"" too\nend",,,\n'
    )
    assert file.items[0].text == 'He said "a"\n"b" too\nend'


def test_groups_are_known_by_the_link(complete: Reading) -> None:
    group = next(item for item in complete.items if item.category == "group_post")
    comment = items_of(complete, "comments")[2]
    assert (group.visibility, comment.visibility) == ("group", "group")
    assert comment.category == "comment"


def test_what_linkedin_says_of_visibility_is_kept(complete: Reading) -> None:
    assert [i.visibility for i in items_of(complete, "shares")] == [
        "MEMBER_NETWORK",
        "group",
        "PUBLIC",
    ]
    received = items_of(complete, "recommendations-received")
    assert [item.visibility for item in received] == ["visible", "pending"]


def test_authors_and_subjects_are_opaque(complete: Reading) -> None:
    received = items_of(complete, "recommendations-received")[0]
    given_one = items_of(complete, "recommendations-given")[0]
    assert received.author == person_id("", "Bram Oosterling")
    assert (given_one.author, given_one.subjects) == (None, (received.author,))
    assert all("Bram" not in (item.author or "") for item in complete.items)


def test_the_members_own_messages_have_no_other_author(era_zip: EraZip) -> None:
    first, second = items_of(read_archives([era_zip("2021-basic")]), "messages")
    assert (first.author, second.author) == (BRAM, None)


def test_recipients_are_told_by_their_addresses_not_by_commas(era_zip: EraZip) -> None:
    group_chat = items_of(read_archives([era_zip("2023-basic")]), "messages")[0]
    zoe = person_id("https://www.linkedin.com/in/zoë-brandt", "")
    assert group_chat.subjects == (BRAM, zoe)
    assert group_chat.category == "private_message"


def test_drafts_spam_and_campaigns_are_marked(era_zip: EraZip, complete: Reading) -> None:
    spam = items_of(read_archives([era_zip("2023-basic", BASIC)]), "messages")[1]
    assert spam.tags == ("spam", "sponsored")
    assert items_of(complete, "messages")[1].tags == ("draft",)


def test_an_invitation_with_words_is_a_message(era_zip: EraZip) -> None:
    invitations = items_of(read_archives([era_zip("2021-basic")]), "invitations")
    assert [item.category for item in invitations] == ["contact", "private_message"]


def test_what_the_assistant_answers_is_its_own(complete: Reading) -> None:
    prompt, output = items_of(complete, "assistant-messages")
    assert (prompt.category, prompt.author) == ("ai_prompt", None)
    assert (output.category, output.author) == ("ai_output", "linkedin:assistant")


def test_a_hidden_connection_is_a_row_like_others(era_zip: EraZip) -> None:
    hidden = items_of(read_archives([era_zip("2023-basic")]), "connections")[1:]
    assert len({item.item_id for item in hidden}) == 2
    assert all(item.text is None and item.subjects == () for item in hidden)


def test_a_photo_is_a_link_with_the_time_in_its_sentence(complete: Reading) -> None:
    photo = items_of(complete, "rich-media")[0]
    assert photo.media == "https://media.licdn.example/4?e=9"
    assert photo.created_at == datetime(2026, 4, 12, 8, 3, tzinfo=UTC)


def test_an_article_is_its_title_and_body(complete: Reading) -> None:
    article = items_of(complete, "articles")[0]
    assert article.text == "Débit et crue\nUne crue & ses causes.\nFin."


def test_a_title_that_the_body_does_not_repeat_is_kept(read_one: ReadOne) -> None:
    page = "<html><head><title>A title</title></head><body><p>Text</p></body></html>"
    assert read_one("Articles/a.html", page).items[0].text == "A title\nText"


def test_an_article_that_says_when_it_was_published_has_that_time(read_one: ReadOne) -> None:
    page = (
        "<h1>T</h1><p>Created on 2021-01-18 18:00</p><p>Published on 2021-01-19 09:30</p><p>x</p>"
    )
    article = read_one("Articles/Articles/t.html", page).items[0]
    assert article.created_at == datetime(2021, 1, 19, 9, 30, tzinfo=UTC)
    assert article.text == "T\nx"


@pytest.mark.parametrize(
    ("date", "line"),
    [
        ("janv. 2023", "2023-01 –"),
        ("Mär 2021", "2021-03 –"),
        ("2020-01", "2020-01 –"),
        ("Jan-23", "Jan-23"),
        ("im Herbst", "im Herbst"),
    ],
)
def test_a_date_of_another_form_stays_in_the_text(read_one: ReadOne, date: str, line: str) -> None:
    head = "Company Name,Title,Description,Location,Started On,Finished On\n"
    file = read_one("Positions.csv", head + f"Lac,Hydrologist,,,{date},\n")
    assert [item.text for item in file.items] == [f"Hydrologist\nLac\n{line}"]
    assert file.items[0].fields.get("start", line) in line


def test_a_job_that_goes_on_has_no_end(read_one: ReadOne) -> None:
    head = "Company Name,Title,Description,Location,Started On,Finished On\n"
    (item,) = read_one("Positions.csv", head + "Lac,Hydrologist,,Bern,Jan 2023,Present\n").items
    fields = {"title": "Hydrologist", "employer": "Lac", "place": "Bern", "start": "2023-01"}
    assert item.fields == fields


def test_rows_that_leave_out_their_last_fields_are_read_with_a_warning(
    read_files: ReadFiles,
) -> None:
    head = "Company Name,Title,Description,Location,Started On,Finished On\n"
    reading = read_files({"Positions.csv": head + "Lac,Hydrologist,,,Jan 2020\nLac,Boss\nLac\n"})
    assert [item.text for item in reading.items] == ["Hydrologist\nLac\n2020-01 –", "Boss\nLac"]
    assert reasons(reading.files[0]) == [(3, "row has 1 fields, header has 6")]
    assert [str(note) for note in reading.notes] == [
        "Positions.csv: some rows leave out their last fields, taken as empty"
    ]


def test_a_row_that_a_line_break_split_is_listed(read_one: ReadOne) -> None:
    head = "Company Name,Title,Description,Location,Started On,Finished On\n"
    file = read_one("Positions.csv", head + "Lac,Hydrologist,some\nmore,Bern,Jan 2020,\n")
    assert [row for row, _ in reasons(file)] == [1, 2]


def test_a_short_row_without_what_could_forbid_a_use_is_listed(read_one: ReadOne) -> None:
    head = "Question And Answers,Application Date,Job Title,Company Name,Status\n"
    file = read_one("Job Applications.csv", head + 'q,"1/2/24, 3:04 PM"\n')
    assert reasons(file) == [(1, "row has 2 fields, header has 5")]
    assert reasons(read_one("Comments.csv", COMMENTS + "2026-02-09 01:21:47,l\n")) == [
        (1, "row has 2 fields, header has 3")
    ]
    file = read_one("Shares.csv", SHARES + "2026-02-09 01:21:47,l,hello\n")
    assert [(item.text, item.visibility) for item in file.items] == [("hello", None)]


def test_a_row_of_one_field_is_listed_even_where_its_kind_needs_no_more(read_one: ReadOne) -> None:
    file = read_one("Skills.csv", "Name,Level,Since\nrowing,high,2020\nbread\n")
    assert [item.text for item in file.items] == ["rowing"]
    assert reasons(file) == [(2, "row has 1 fields, header has 3")]


STRANGE = ["VerifiedExternalCapability", "Patents", "Organizations", "Trainings", "Interests"]


@pytest.mark.parametrize("stem", STRANGE)
def test_a_header_that_nobody_has_seen_must_hold_a_plausible_column(
    read_one: ReadOne, stem: str
) -> None:
    unknown = read_one(f"{stem}.csv", "salary,whatever\n100000,x\n")
    assert reasons(unknown) == [(1, "header not understood")]
    known = read_one(f"{stem}.csv", "Id,Name,Salary\n1,Widget,9\n2,,9\n")
    assert [item.text for item in known.items] == ["Widget"]
    assert reasons(known) == [(2, "no text in a known column")]


def test_a_review_is_never_feedback_to_an_ai(read_files: ReadFiles) -> None:
    head = "Reviewee,Reviewer,Review Type,Review Section,Review Text,Review Tags,Rating\n"
    rows = (
        "Odile Lac,Client X,SERVICE,,Great coach,,5\n"
        "A course,Client Y,LEARNING_COURSE,,Fine,,4\n"
        "Client X,Odile Lac,SERVICE,,Great client,,5\n"
    )
    reading = read_files(
        {"Profile.csv": "First Name,Last Name\nOdile,Lac\n", "Reviews.csv": head + rows}
    )
    assert [(i.category, i.author, i.subjects) for i in items_of(reading, "reviews")] == [
        ("contact", person_id("", "Client X"), ()),
        ("learning", person_id("", "Client Y"), (person_id("", "A course"),)),
        ("learning", None, (person_id("", "Client X"),)),
    ]


@pytest.mark.parametrize(
    "name",
    ["guide_messages.csv", "coach_messages.csv", "learning_role_play_messages.csv"],
)
def test_a_person_among_the_assistants_is_a_person(read_files: ReadFiles, name: str) -> None:
    head = "FROM,SENDER PROFILE URL,DATE,CONTENT\n"
    bob, me = "https://www.linkedin.com/in/bob", "https://www.linkedin.com/in/odile"
    rows = (
        f"Odile Lac,{me},2026-01-01 10:00:00 UTC,what next?\n"
        f"Recruiter Bob,{bob},2026-01-01 10:01:00 UTC,hello\n"
        "LinkedIn Guide,,2026-01-01 10:02:00 UTC,ask\n"
        "LinkedIn Member,,2026-01-01 10:03:00 UTC,hi\n"
    )
    profile = "First Name,Last Name\nOdile,Lac\n"
    reading = read_files({"Profile.csv": profile, name: head + rows})
    found = [(i.category, i.author) for i in items_of(reading, "assistant-messages")]
    assert found == [
        ("ai_prompt", None),
        ("private_message", person_id(bob, "")),
        ("ai_output", "linkedin:assistant"),
        ("private_message", person_id("", "LinkedIn Member")),
    ]
    alone = read_files({name: head + rows})
    assert [i.category for i in alone.items][:2] == ["private_message"] * 2
    one_sender = read_files({name: head + rows.replace(bob, "")})
    assert next(i.category for i in one_sender.items) == "ai_prompt"


@pytest.mark.parametrize(
    ("path", "reader"),
    [
        ("Shares_34875879_1.csv", "shares"),
        ("Comments_34875879 (1).csv", "comments"),
        ("Jobs/Job Applications_2 (3).csv", "job-applications"),
    ],
)
def test_a_name_may_have_several_suffixes(path: str, reader: str) -> None:
    kind = kind_of(path)
    assert kind is not None
    assert kind.name == reader


def test_a_question_with_an_amount_is_one_of_pay(read_one: ReadOne) -> None:
    rows = '"Is 60,000 EUR fine?",Yes\n"Budgets over $1M?",Yes\nWelches Salär erwarten Sie?,95000\n'
    file = read_one("Job Applicant Saved Answers.csv", "Question,Answer\n" + rows)
    assert [item.category for item in file.items] == ["salary", "screening_answer", "salary"]


# several archives


def test_basic_and_complete_are_merged(era_zip: EraZip) -> None:
    paths = [era_zip("2026-complete", COMPLETE), era_zip("2026-basic", BASIC)]
    alone, merged = read_archives(paths[:1]), read_archives(paths)
    assert {i.item_id for i in merged.items} == {i.item_id for i in alone.items}
    listed = [
        (f.archive, f.path, f.listed) for f in merged.files if f.reader != "none" and f.listed
    ]
    again = {path: {str(entry.reason) for entry in entries} for _, path, entries in listed}
    assert again["Shares_900000001.csv"] == {"duplicate of another archive"}
    skills = [file for file in merged.files if file.path == "Skills.csv"]
    assert [(file.archive, len(file.items), file.rows) for file in skills] == [
        (BASIC, 2, 2),
        (COMPLETE, 0, 2),
    ]
    assert merged.snapshot == datetime(2026, 6, 8, tzinfo=UTC)


def test_the_order_of_the_archives_does_not_matter(era_zip: EraZip) -> None:
    paths = [era_zip("2026-complete", COMPLETE), era_zip("2026-basic", BASIC)]
    assert read_archives(paths) == read_archives(paths[::-1])


def test_a_row_twice_in_one_archive_stays_two_and_merges_as_two(make_zip: MakeZip) -> None:
    row, other = "2026-02-01 07:00:00,l,same\n", "2026-02-02 07:00:00,l,other\n"
    basic = make_zip({"Comments.csv": COMMENTS + row + row}, BASIC)
    complete = make_zip({"Comments_123456.csv": COMMENTS + row + row + row + other}, COMPLETE)
    reading = read_archives([basic, complete])
    assert Counter(item.text for item in reading.items) == {"same": 3, "other": 1}
    assert len({item.item_id for item in reading.items}) == 4
    assert [len(file.listed) for file in reading.files] == [0, 2]


def test_of_three_archives_the_one_that_holds_a_row_most_often_counts(make_zip: MakeZip) -> None:
    row = "2026-02-01 07:00:00,l,same\n"
    names = [f"Basic_LinkedInDataExport_06-0{day}-2026.zip" for day in (1, 2, 3)]
    texts = [row, row + "2026-02-02 07:00:00,l,x\n", row + row]
    zips = [
        make_zip({"Comments.csv": COMMENTS + text}, name)
        for name, text in zip(names, texts, strict=True)
    ]
    found = Counter(item.text for item in read_archives(zips).items)
    assert found == {"same": 2, "x": 1}


def test_every_file_of_every_archive_is_counted(era_zip: EraZip, tmp_path: Path) -> None:
    first = era_zip("2026-complete", BASIC)
    again = first.rename(tmp_path / "copy.zip")
    paths = [again, era_zip("2026-complete", COMPLETE)]
    alone, both = read_archives(paths[:1]), read_archives(paths)
    assert len(both.files) == 2 * len(alone.files)
    assert both.rows == 2 * alone.rows
    assert Counter(i.item_id for i in both.items) == Counter(i.item_id for i in alone.items)
    repeats = {r for file in both.files if file.archive == "copy.zip" for _, r in reasons(file)}
    assert repeats <= {"duplicate of another archive", "unknown file", "empty row"}


def test_a_row_is_known_again_where_a_column_was_added(make_zip: MakeZip) -> None:
    old = make_zip(
        {"Shares.csv": "Date,ShareLink,ShareCommentary\n2026-02-09 01:21:47,l,hello\n"}, BASIC
    )
    new = make_zip({"Shares_34875879.csv": SHARES + "2026-02-09 01:21:47,l,hello,,,CONNECTIONS\n"})
    for paths in ([old, new], [new, old]):
        items = list(read_archives(paths).items)
        assert [(item.text, item.visibility) for item in items] == [("hello", "CONNECTIONS")]


def test_archives_of_two_members_are_merged_with_a_warning(make_zip: MakeZip) -> None:
    joined = "Registered At\n"
    one = make_zip(
        {
            "Shares_34875879.csv": SHARES,
            "Profile.csv": "First Name,Last Name\nA,B\n",
            "Registration.csv": joined + '"3/4/12, 9:08 AM"\n',
        },
        BASIC,
    )
    two = make_zip({"Shares_77777777_1.csv": SHARES, "Skills.csv": "Name\nR\n"}, COMPLETE)
    strangers = FileNote(Message("of-another-member", archive=BASIC), COMPLETE)
    assert strangers in read_archives([one, two]).notes
    two = make_zip({"Profile.csv": "First Name,Last Name\nC,D\n"}, COMPLETE)
    assert any("another member" in w for w in map(str, read_archives([one, two]).notes))
    two = make_zip(
        {
            "Profile.csv": "First Name,Last Name\nA,Married\n",
            "Registration.csv": joined + '"3/4/12, 9:08 AM"\n',
        },
        COMPLETE,
    )
    assert not any("another member" in w for w in map(str, read_archives([one, two]).notes))


def test_an_archive_given_twice_counts_once(era_zip: EraZip) -> None:
    path = era_zip("2026-complete")
    assert read_archives([path, path]).rows == read_archives([path]).rows


def test_a_folder_that_holds_two_exports_is_two_archives(era_zip: EraZip, tmp_path: Path) -> None:
    paths = [era_zip("2026-complete", COMPLETE), era_zip("2026-basic", BASIC)]
    assert read_archives([tmp_path]) == read_archives(paths)


def test_one_csv_alone_is_enough() -> None:
    reading = read_archives([FIXTURES / "2026-complete" / "Skills.csv"])
    assert [item.text for item in reading.items] == ["Hydrology", "R"]


def test_a_field_that_is_too_large_costs_its_row_alone(
    read_files: ReadFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (csvtext, streams):
        monkeypatch.setattr(module, "MAX_LINE", 400)
    rows = [
        "2026-02-01 07:00:00,l,before",
        "2026-02-02 07:00:00,l," + "x" * 900,
        "2026-02-03 07:00:00,l,between",
        '2026-02-04 07:00:00,l,"' + "a line, and\nanother\n" * 40 + '"',
        "2026-02-05 07:00:00,l,after",
    ]
    file = read_files({"Comments.csv": COMMENTS + "\n".join(rows)}).files[0]
    assert reasons(file) == [(2, "row larger than 16 MiB"), (4, "row larger than 16 MiB")]
    assert [item.text for item in file.items] == ["before", "between", "after"]


# facts


def test_the_facts_say_where_and_how_old(complete: Reading) -> None:
    assert complete.facts.location == "Lausanne, Vaud, Switzerland"
    assert complete.facts.registered_at == datetime(2012, 3, 4, 9, 8, tzinfo=UTC)
    assert [
        school.is_attended(datetime(2026, 6, 8).date()) for school in complete.facts.schools
    ] == [False]


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("Apr 12", None),
        ("Apr 12, 2010", date(2010, 4, 12)),
        ("12 Apr 2010", date(2010, 4, 12)),
        ("2010-04-12", date(2010, 4, 12)),
        ("12 avril 2010", date(2010, 12, 31)),
        ("12.04.2010", date(2010, 12, 4)),
        ("4/25/2010", date(2010, 4, 25)),
        ("12-Apr-10", date(2010, 12, 31)),
        ("12-Apr-85", date(1985, 12, 31)),
        ("2010", date(2010, 12, 31)),
    ],
)
def test_a_birth_date_with_a_year_is_known(
    read_files: ReadFiles, written: str, born: date | None
) -> None:
    profile = f'First Name,Last Name,Birth Date\nLea,Kid,"{written}"\n'
    assert read_files({"Profile.csv": profile}).facts.birth_date == born


def test_every_kind_names_columns_that_it_knows() -> None:
    for kind in table_kinds().values():
        assert all(kind.knows(column) for column in (*kind.text, *kind.dates))
        assert not kind.created or kind.created in kind.dates
        assert set(kind.unwrap) <= set(kind.text)
