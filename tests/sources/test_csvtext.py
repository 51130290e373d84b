"""Bytes to records: encodings, dialects, and what is broken."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanne.sources.csvtext import DIALECTS, CsvTable, read_table, records_in, split
from vanne.sources.streams import decode, lines_of
from vanne.words import Message

NEEDS = [["Date", "Link", "Message"]]
HEAD = "Date,Link,Message\n"
CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)

SIGNS = st.sampled_from(
    ["a", ",", '"', '""', "\n", "\r\n", "\r", "\\", "é", "\udc80", '"a,b"', '"a\nb"']
)


def read(text: str, preferred: str = "rfc4180") -> CsvTable:
    return read_table(text, NEEDS, lambda _h, _f: True, preferred=preferred)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6))
def test_rfc_4180_goes_round(rows: list[tuple[str, ...]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [record.fields for record in split(out.getvalue())] == rows


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6))
def test_the_backslash_dialect_goes_round(rows: list[tuple[str, ...]]) -> None:
    out = io.StringIO(newline="")
    dialect = {"doublequote": False, "escapechar": "\\", "quoting": csv.QUOTE_ALL}
    csv.writer(out, **dialect).writerows(rows)  # type: ignore[arg-type]
    assert [record.fields for record in split(out.getvalue(), "backslash")] == rows


@settings(deadline=None)
@given(st.lists(st.lists(SIGNS, max_size=9).map("".join), max_size=6))
def test_records_do_not_hang_on_how_many_lines_come_at_a_time(pieces: list[str]) -> None:
    lines = io.StringIO("".join(pieces), newline="").readlines()
    blocks = list(lines_of(pieces))
    assert [line for block in blocks for line in block] == lines
    one_by_one = [[line] for line in lines]
    for dialect in DIALECTS:
        assert list(records_in(blocks, dialect, ",")) == list(records_in(one_by_one, dialect, ","))


def test_each_file_is_read_in_the_dialect_that_fits_it() -> None:
    doubled = read(HEAD + 'd,l,"Check ""this"", please"\n')
    escaped = read(HEAD + 'd,l,"Check \\"this\\", please"\n')
    assert doubled.rows[0].fields == escaped.rows[0].fields == ("d", "l", 'Check "this", please')
    assert (doubled.dialect, escaped.dialect) == ("rfc4180", "backslash")


def test_the_callers_dialect_wins_a_tie() -> None:
    text = HEAD + 'd,l,"C:\\\\data"\n'
    assert read(text).rows[0].fields[2] == r"C:\\data"
    assert read(text, "backslash").rows[0].fields[2] == r"C:\data"


def test_a_row_of_another_width_is_the_only_one_that_is_at_fault() -> None:
    table = read(HEAD + "1,l,a\n2,l,b,c\n3,l\n4,l,d\n")
    faults = [(row.number, row.fault) for row in table.rows if row.fault]
    assert faults == [
        (2, Message("row-width", n=4, m=3)),
        (3, Message("row-width", n=2, m=3)),
    ]


def test_a_stray_quote_costs_one_row() -> None:
    table = read(HEAD + '1,l,"never closed\n2,l,"fine"\n3,l,also fine\n')
    assert [row.fault for row in table.rows] == [Message("quotes-unmatched"), None, None]


def test_a_stray_quote_without_another_quote_costs_one_row() -> None:
    table = read(HEAD + '1,l,"never closed\n2,l,fine\n3,l,also fine\n')
    assert [row.fault for row in table.rows] == [Message("quotes-unmatched"), None, None]


def test_a_stray_quote_in_each_row_costs_each_row_and_no_more() -> None:
    table = read(HEAD + '1,l,"a\n2,l,"b\n3,l,"c\n')
    assert [row.fault for row in table.rows] == [Message("quotes-unmatched")] * 2 + [
        Message("truncated")
    ]


def test_a_file_that_ends_inside_quotes_is_cut_off() -> None:
    table = read(HEAD + '1,l,whole\n2,l,"some text\nthat goes on and')
    assert [row.fault for row in table.rows] == [None, Message("truncated")]


def test_a_file_that_ends_inside_a_row_is_cut_off() -> None:
    assert [row.fault for row in read(HEAD + "1,l,whole\n2026-0").rows] == [
        None,
        Message("truncated"),
    ]


def test_no_line_end_after_the_last_row_is_no_fault() -> None:
    assert [row.fault for row in read(HEAD + "1,l,whole").rows] == [None]


def test_line_breaks_and_separators_inside_quotes_stay() -> None:
    value = "a\r\nb\nc\u2028d\x0be\x85f"
    assert read(HEAD + f'1,l,"{value}"\n').rows[0].fields[2] == value


def test_duplicate_columns_keep_their_own_names() -> None:
    table = read("Date,Link,Message,message, Message \n1,l,a,b,c\n")
    assert table.header == ("Date", "Link", "Message", "message (2)", "Message (3)")


def test_an_empty_last_column_may_be_left_out() -> None:
    assert not any(row.fault for row in read("Date,Link,Message,\n1,l,a,\n2,l,b\n").rows)


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_what_a_spreadsheet_saved_again_is_read(delimiter: str) -> None:
    text = (HEAD + "1,l,a\n").replace(",", delimiter)
    assert read(text).rows[0].fields == ("1", "l", "a")


@pytest.mark.parametrize(
    ("data", "text", "warned"),
    [
        ("Zoë".encode(), "Zoë", False),
        ("Zoë".encode("utf-8-sig"), "Zoë", False),
        ("Zoë,Brandt,a,b".encode("utf-16"), "Zoë,Brandt,a,b", True),
        ("Zoë,Brandt,a,b".encode("utf-16-le"), "Zoë,Brandt,a,b", True),
        ("Zoë,Brandt,a,b".encode("utf-16-be"), "Zoë,Brandt,a,b", True),
        ("Zoë – “x”".encode("cp1252"), "Zoë – “x”", True),
        (b"a\0b", "ab", True),
    ],
)
def test_encodings(data: bytes, text: str, warned: bool) -> None:
    decoded = decode(data)
    assert (decoded.text, bool(decoded.warnings)) == (text, warned)


def test_one_broken_byte_does_not_turn_good_accents_into_others() -> None:
    table = read(decode((HEAD + "1,l,é\n2,l,è").encode() + b"\xff\n3,l,\xc3\xa0\n").text)
    assert [row.fault for row in table.rows] == [None, Message("not-text"), None]
    assert table.rows[2].fields[2] == "à"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_and_split(data: bytes) -> None:
    text = decode(data).text
    assert read(text).header == () or "message" in text.casefold()
