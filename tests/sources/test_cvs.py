"""CVs as programs make them: what a person reads on the page comes out once, in their order."""

import io
import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.table import every
from vanne.screening import KINDS, redact
from vanne.sources import FileReading, Reading, read_archives
from vanne.sources.age_facts import facts_of_cv
from vanne.sources.unwrap import printed_text, typed_text
from vanne.words import Message

from .conftest import MakeZip

FOLDER = Path(__file__).parents[1] / "fixtures" / "cvs"
DOCUMENTS = sorted(path.with_suffix("") for path in FOLDER.glob("*.txt"))
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def alone(path: Path) -> FileReading:
    (file,) = read_archives([path]).files
    assert file.rows == len(file.items) + len(file.listed) > 0
    return file


def reasons(file: FileReading) -> list[Message]:
    return [listed.reason for listed in file.listed]


def written(tmp_path: Path, name: str, data: bytes) -> FileReading:
    (tmp_path / name).write_bytes(data)
    return alone(tmp_path / name)


@every("path", DOCUMENTS)
def test_a_document_says_what_a_reader_sees_once_and_in_order(path: Path) -> None:
    items = alone(path).items
    said = path.with_name(f"{path.name}.txt").read_text().strip()
    assert [(item.category, item.text) for item in items] == [("cv", said)]


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("attached.pdf", [Message("attachment")]),
        ("pages.pdf", [Message("pdf-font-unreadable", n=1), Message("pdf-page-is-picture", n=2)]),
        ("parts.docx", [Message("word-comments"), Message("attachment")]),
        ("form.pdf", []),
        ("changed.docx", []),
        ("printed-columns-en.pdf", []),
    ],
)
def test_what_is_not_read_of_a_document_is_listed(name: str, listed: list[Message]) -> None:
    assert reasons(alone(FOLDER / name)) == listed


def test_a_scan_says_page_by_page_that_it_is_a_picture(tmp_path: Path) -> None:
    pages = (FOLDER / "pages.pdf").read_bytes()
    for drawn in (b"(Ana Lac) Tj", b"(Gauges) Tj", b"<00240051> Tj", b"(AB) Tj"):
        pages = pages.replace(drawn, b"/I Do".ljust(len(drawn)))
    file = written(tmp_path, "scan.pdf", pages)
    assert reasons(file) == [Message("pdf-page-is-picture", n=n) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.rtf", b"{\\rtf1 Ana Lac}", Message("other-document", form=".rtf")),
        (
            "a.doc",
            OLD_OFFICE + "WordDocument".encode("utf-16-le"),
            Message("other-document", form=".doc"),
        ),
        ("a.docx", OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), Message("word-locked")),
        ("a.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Cat", Message("truncated")),
    ],
)
def test_a_document_that_cannot_be_read_says_what_to_do(
    tmp_path: Path, name: str, data: bytes, reason: Message
) -> None:
    file = written(tmp_path, name, data)
    assert not file.items
    assert reasons(file)[0] == reason


@pytest.mark.parametrize(
    "method",
    [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
    ids=["deflate", "bzip2", "lzma"],
)
def test_damage_in_a_word_file_is_listed_however_it_is_packed(tmp_path: Path, method: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file:
        file.writestr("word/document.xml", "<p>" + "".join(map(str, range(2000))) + "</p>")
    start, middle = packed.getvalue()[:60], packed.getvalue()[90:]
    listed = written(tmp_path, "a.docx", start + b"\xff" * 30 + middle)
    assert reasons(listed) == [Message("word-unreadable")]


def test_a_pdf_is_known_behind_what_was_put_before_it(tmp_path: Path) -> None:
    data = (FOLDER / "bold.pdf").read_bytes()
    (tmp_path / "cv.dat").write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + data)
    file = alone(tmp_path)
    assert [item.text for item in file.items] == ["Ana Lac\nHydrologist\nHydrologist"]


def test_pay_in_a_table_is_found_beside_its_label() -> None:
    (item,) = alone(FOLDER / "rows.docx").items
    assert redact(item.text or "", KINDS)[1] == {"salary": 1, "phone": 1}


@every(
    ("text", "screened"),
    [
        ("Gehaltswunsch\n95.000 €", "Gehaltswunsch [SALARY]"),
        ("Prétentions salariales\n118'000.-", "Prétentions salariales [SALARY]"),
        ("Salary expectation\n£62k", "Salary expectation [SALARY]"),
        ("Lohnvorstellung:\n130'000 CHF", "Lohnvorstellung: [SALARY]"),
        ("Schaffhauserstrasse\n27, 8006 Zürich", "[ADDRESS]"),
        ("Via Giuseppe Buffi 9\n6900 Lugano", "[ADDRESS]"),
        ("Tel. +41 79 555\n01 23", "Tel. [PHONE]"),
        ("Geneva\n2019 Lac AG\n12 people\nBern", "Geneva\n2019 Lac AG\n12 people\nBern"),
    ],
)
def test_what_a_line_break_cuts_is_found_all_the_same(text: str, screened: str) -> None:
    assert redact(printed_text(text), KINDS)[0] == screened
    assert redact(typed_text(text), KINDS)[0] == screened


def test_pay_and_contact_are_found_in_every_cv_that_was_printed() -> None:
    for path in (path for path in DOCUMENTS if path.name.startswith("printed")):
        _, found = redact(path.with_name(f"{path.name}.txt").read_text(), KINDS)
        assert found.keys() >= {"salary", "phone", "email"}, path.name


# what is said of the person


def read(*names: str) -> Reading:
    return read_archives([FOLDER / name for name in names])


@every(
    ("text", "born"),
    [
        ("Geburtsdatum\n12. April 2010", date(2010, 4, 12)),
        ("geb. 13.2.2009 in Bern", date(2009, 2, 13)),
        ("Née à Lausanne le 1er août 2010", date(2010, 8, 1)),
        ("nato a Roma il 15/7/2009", date(2009, 7, 15)),
        ("Date of birth: April 12, 2010", date(2010, 4, 12)),
        ("Jahrgang 2009", date(2009, 12, 31)),
        ("Born 9 September 1979, Irish national", date(1979, 9, 9)),
        ("Verheiratet, 2 Kinder (geb. 2010 und 2012)", None),
        ("Two children, born 3 May 2012", None),
        ("A start-up born in 2015", None),
        ("Marie Dupont née Rochat, depuis 2019", None),
    ],
)
def test_a_day_of_birth_counts_where_it_is_named_as_one(text: str, born: date | None) -> None:
    assert facts_of_cv(text).birth_date == born


@pytest.mark.parametrize(
    ("text", "is_attended"),
    [
        ("2023 – heute  Sekundarschule Flussau", True),
        ("depuis 2023\nCollège de Béthusy", True),
        ("Liceo di Lugano, 2022 – 2027", True),
        ("2010 – 2014\nLycée Pasteur", False),
        ("Lehrerin\nKantonsschule Zug, 2019 – heute", False),
        ("2019 – oggi  Docente, Liceo di Lugano", False),
        ("Geburtsdatum: 31.12.1999\n2023 – heute Kantonsschule Zug", False),
    ],
)
def test_who_is_at_school_may_be_a_minor(text: str, is_attended: bool) -> None:
    schools = facts_of_cv(text).schools
    assert any(school.is_attended(date(2026, 11, 26)) for school in schools) is is_attended


def test_a_cv_alone_tells_its_persons_age_and_one_among_messages_does_not(tmp_path: Path) -> None:
    cv = FOLDER / "printed-spaced-fr.pdf"
    assert read(cv.name).facts.birth_date == date(1991, 3, 14)
    shutil.copytree(FOLDER.parent / "facebook-2025", tmp_path / "facebook")
    shutil.copy(cv, tmp_path / "facebook" / "cv.pdf")
    assert read_archives([tmp_path / "facebook"]).facts.birth_date is None


def test_the_cv_that_was_uploaded_to_linkedin_tells_the_year_of_birth(make_zip: MakeZip) -> None:
    cv = 'Private Identity Asset Name,Private Identity Asset Raw Text\ncv.pdf,"{}"\n'
    profile = "First Name,Last Name,Birth Date\nAna,Lac,{}\n"
    texts = ("born 3 May 2010", "2019 – heute Kantonsschule Zug")
    for text, birthday, born in (
        (texts[0], "May 3", date(2010, 5, 3)),
        (texts[0], "3 May 1990", date(1990, 5, 3)),
        (texts[1], "May 3", None),
    ):
        files = {
            "Private_identity_asset.csv": cv.format(text),
            "Profile.csv": profile.format(birthday),
        }
        facts = read_archives([make_zip(files)]).facts
        assert (facts.birth_date, facts.schools) == (born, ())


def test_a_minor_is_known_by_the_birth_date_of_a_cv_with_fields() -> None:
    born = read("resume-odd.json").facts.birth_date
    assert born is not None
    assert born.year in (2009, 2010)


# CVs with fields


def test_what_a_resume_adds_to_its_schema_is_listed() -> None:
    file = alone(FOLDER / "resume-odd.json")
    assert len(file.items) == 12
    assert reasons(file) == [Message("unknown-part")] * 3
    assert "example.org" not in " ".join(item.text or "" for item in file.items)


def test_a_resume_may_list_skills_by_their_names_alone(tmp_path: Path) -> None:
    said = b'{"basics": {"name": "Ana"}, "skills": ["Sonar", {"name": "R"}], "languages": ["fr"]}'
    items = written(tmp_path, "resume.json", said).items
    found = [(item.category, item.text) for item in items]
    assert found == [("profile", "Ana"), ("skill", "Sonar"), ("skill", "R"), ("profile", "fr")]


@pytest.mark.parametrize("name", ["rows.docx", "text.odt", "bold.pdf"])
def test_a_document_that_somebody_sent_is_a_message_and_no_cv(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "messages" / "inbox" / "bram_1" / "files"
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / name, folder)
    (item,) = alone(tmp_path).items
    assert (item.category, item.text) == ("private_message", None)


# plain text


PLAIN = FOLDER / "plain"


@pytest.mark.parametrize("name", ["lebenslauf-de.txt", "cv-fr.md", "cv-en.txt", "cv-it.txt"])
def test_a_text_with_the_headings_of_a_cv_is_a_cv(name: str) -> None:
    file = alone(PLAIN / name)
    assert (file.reader, [item.category for item in file.items]) == ("cv/text", ["cv"])


def test_the_marks_of_markdown_are_no_words_of_a_cv() -> None:
    (item,) = alone(PLAIN / "cv-fr.md").items
    assert (item.text or "").split("\n")[:3] == ["Ana Lac", "", "Infirmière, Lausanne"]


@pytest.mark.parametrize(
    "text",
    [
        "Dear Bram,\nmy experience and education are attached.\n",
        "Skills\n",
    ],
)
def test_another_text_is_no_cv(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, "cv.txt", text.encode())
    assert reasons(file) == [Message("unknown-file")]


def test_a_chat_about_education_and_skills_is_no_cv(tmp_path: Path) -> None:
    chat = "12/01/2026, 10:00 - Bram: Education\n12/01/2026, 10:01 - Ana: Skills\n"
    file = written(tmp_path, "cv.txt", chat.encode())
    assert "cv" not in {item.category for item in file.items}


def test_a_text_among_the_files_of_a_network_is_no_cv(tmp_path: Path) -> None:
    shutil.copytree(FOLDER.parent / "x" / "data", tmp_path / "data")
    shutil.copy(PLAIN / "cv-en.txt", tmp_path / "README.txt")
    files = {file.path: file for file in read_archives([tmp_path]).files}
    assert reasons(files["README.txt"]) == [Message("unknown-file")]


# files of CV builders


PASSPORT = """<?xml version="1.0"?>
<SkillsPassport xmlns="http://europass.cedefop.europa.eu/Europass"><LearnerInfo>
<WorkExperience>{}</WorkExperience></LearnerInfo></SkillsPassport>
"""
JOB = """<Period><From year="2020"/><Current>true</Current></Period>
<Position><Label>Diver</Label></Position><Employer><Name>Lac &amp; Fils</Name></Employer>"""


@pytest.mark.parametrize("job", [JOB, f"<WorkExperience>{JOB}</WorkExperience>"])
def test_a_europass_with_one_job_may_leave_out_the_list(tmp_path: Path, job: str) -> None:
    (item,) = written(tmp_path, "cv.xml", PASSPORT.format(job).encode()).items
    assert dict(item.fields) == {"title": "Diver", "employer": "Lac & Fils", "start": "2020"}


def test_a_europass_is_known_in_any_encoding_and_by_any_name(tmp_path: Path) -> None:
    data = PASSPORT.format(JOB).encode("utf-16")
    (item,) = written(tmp_path, "cv.xml", data).items
    assert item.text == "Diver\nLac & Fils\n2020 –"
    (item,) = written(tmp_path, "cv.xml.txt", PASSPORT.format(JOB).encode("utf-8-sig")).items
    assert item.source == "europass/work"


def test_a_europass_as_json_may_begin_below_its_root(tmp_path: Path) -> None:
    jobs = [{"Position": {"Label": "Diver"}, "Period": {"From": {"Year": 2020, "Month": "x"}}}, 7]
    data = json.dumps({"LearnerInfo": {"WorkExperience": jobs, "Headline": "see attached"}})
    file = written(tmp_path, "cv.json", data.encode())
    assert [dict(item.fields) for item in file.items] == [{"title": "Diver", "start": "2020"}]
    assert reasons(file) == [Message("not-an-object")] * 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PASSPORT.format(JOB)[:-20], "not XML"),
        (
            "<!DOCTYPE SkillsPassport [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
            + PASSPORT.format("<Activities>&a;</Activities>").partition("\n")[2],
            "XML with a document type: not read",
        ),
        (PASSPORT.format("<Activities>" * 300), "XML nested more than 200 deep"),
        ("<?xml version='1.0'?><catalog><book/></catalog>", "unknown file"),
        ("<?xml version='1.0'?>", "unknown file"),
    ],
)
def test_xml_that_is_broken_or_of_nobody_is_listed(tmp_path: Path, data: str, reason: str) -> None:
    file = written(tmp_path, "cv.xml", data.encode())
    assert (list(file.items), [*map(str, reasons(file))]) == ([], [reason])


def test_a_large_xml_is_listed_with_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vanne.sources.jsonfile.MAX_XML", 100)
    file = written(tmp_path, "cv.xml", PASSPORT.format(JOB).encode())
    assert reasons(file) == [Message("large-document", n=16)]


def test_a_resume_of_another_builder_with_a_heading_stays_one(tmp_path: Path) -> None:
    data = {"basics": {"name": "Ana", "headline": "Diver"}, "work": [{"position": "Diver"}]}
    file = written(tmp_path, "resume.json", json.dumps(data).encode())
    assert [item.source for item in file.items] == ["json-resume/basics", "json-resume/work"]
