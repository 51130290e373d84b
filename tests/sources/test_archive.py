"""What is refused before anything is read, each with one clear line."""

import json
import os
import shutil
import stat
import struct
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from vanne.cli import inspect
from vanne.errors import InputError, StorageError
from vanne.sources import archive, read_archives

SKILLS = "Name\nHydrology\n"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_archives([path])
    assert caught.value.todo
    return caught.value.title


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("placeholder")
    info.filename = info.orig_filename = name
    info.external_attr = mode << 16
    return info


def zip_of(path: Path, *entries: tuple[zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("Skills.csv", SKILLS)
        for info, data in entries:
            packed.writestr(info, data)
    return path


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/etc/passwd", "absolute path"),
        ("C:/Windows/x.csv", "absolute path"),
        ("c:\\x.csv", "absolute path"),
        ("\\\\host\\share\\x.csv", "absolute path"),
        ("../x.csv", "`..`"),
        ("Jobs/../../x.csv", "`..`"),
        ("Jobs\\..\\..\\x.csv", "`..`"),
    ],
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str, why: str) -> None:
    assert why in refusal(zip_of(tmp_path / "a.zip", (entry(name), b"x")))


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = entry("Shares.csv", stat.S_IFLNK | 0o777)
    assert "symbolic link" in refusal(zip_of(tmp_path / "a.zip", (link, b"/etc/passwd")))


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at] |= 1
    path.write_bytes(data)
    assert "encrypted" in refusal(path)


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    path = zip_of(tmp_path / "a.zip", *((entry(f"{n}.csv"), b"x") for n in range(3)))
    assert "more than 3 entries" in refusal(path)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", (entry("Shares.csv"), b""))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("messages.csv", b"0" * (30 << 20))
    assert "zip bomb" in refusal(path)


def test_sizes_over_the_limits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zip_of(tmp_path / "a.zip")
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 5)
    assert "more than 16 GiB" in refusal(path)
    monkeypatch.setattr(archive, "MAX_ENTRY_BYTES", 5)
    assert "larger than 4 GiB" in refusal(path)


def test_an_entry_that_is_longer_than_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("Skills.csv", "Name\n" + "x\n" * 500)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, 20)
    path.write_bytes(data)
    assert "more bytes than it says" in refusal(path)


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("Skills.csv", SKILLS)
    path.write_bytes(path.read_bytes().replace(b"Hydrology", b"hydrology"))
    assert refusal(path) == f"damaged zip archive: `Skills.csv` in `{path}` cannot be read"


def test_damage_in_a_file_that_is_not_read_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("Skills.csv", SKILLS)
        packed.writestr("picture.png", b"pixels")
    path.write_bytes(path.read_bytes().replace(b"pixels", b"Pixels"))
    assert "`picture.png`" in refusal(path)


def test_half_a_download_is_called_cut_off(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:40])
    assert "cut off" in refusal(path)


@pytest.mark.parametrize("data", [b"hello", b"\x89PNG\r\n"])
def test_what_is_no_zip_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert refusal(path).startswith("not a zip archive")


def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        read_archives([tmp_path / "a.zip"])


def test_an_archive_of_somebody_unknown_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("notes.bin", "[]")
    (file,) = read_archives([path]).files
    assert [str(listed.reason) for listed in file.listed] == ["unknown file"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "is empty" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "todo"),
    [
        ("page.zip", b"<!DOCTYPE html><title>Sign in</title>", "sign in"),
        ("saved.ZIP", b'{"error": "expired"}', "give the zip"),
        ("mastodon.tar.gz", b"\x1f\x8b\x08\x00", "unpack it"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "unpack it"),
        ("renamed.zip", b"Rar!\x1a\x07\x01\x00", "unpack it"),
    ],
)
def test_what_is_only_called_an_archive_says_what_to_do(
    tmp_path: Path, name: str, data: bytes, todo: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as error, ExitStack() as opened:
        archive.open_archive(tmp_path / name, opened)
    assert todo in error.value.help()


@pytest.mark.parametrize("name", ["Shares.xlsx", "Connections.xls", "Skills.numbers"])
def test_a_workbook_says_how_to_save_its_tables(tmp_path: Path, name: str) -> None:
    start = archive.OLD_OFFICE if name.endswith(".xls") else b"PK\x03\x04[Content_Types].xml"
    (tmp_path / name).write_bytes(start)
    (file,) = read_archives([tmp_path / name]).files
    said = f"workbook in the form {Path(name).suffix}: save each of its tables as CSV"
    assert [str(row.reason) for row in file.listed] == [said]


def test_a_table_that_was_saved_as_text_may_come_alone(tmp_path: Path) -> None:
    (tmp_path / "Positions.txt").write_text("Company Name,Title,Started On\nLake,Rower,Jan 2019\n")
    (file,) = read_archives([tmp_path / "Positions.txt"]).files
    assert [item.text for item in file.items] == ["Rower\nLake\n2019-01 –"]


def test_a_zip_inside_the_zip_stays_closed(tmp_path: Path) -> None:
    inner = zip_of(tmp_path / "inner.zip")
    path = zip_of(tmp_path / "a.zip", (entry("inner.zip"), inner.read_bytes()))
    file = next(f for f in read_archives([path]).files if f.path == "inner.zip")
    assert [str(listed.reason) for listed in file.listed] == [
        "archive inside the archive: not opened"
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_that_holds_only_a_zip_is_opened_and_read_in_little_memory(
    tmp_path: Path, method: int
) -> None:
    noise = [(entry(f"{n}.jpg"), os.urandom(8_000_000)) for n in range(3)]
    skills = [(entry("Endorsements.csv"), b"x"), (entry("Profile.csv"), b"First Name\nAna\n")]
    inner = zip_of(tmp_path / "Basic_LinkedInDataExport_06-07-2026.zip", *noise, *skills)
    outer = tmp_path / "download.zip"
    with zipfile.ZipFile(outer, "w", method) as packed:
        packed.writestr("__MACOSX/._x.zip", b"litter")
        packed.write(inner, inner.name)
    with ExitStack() as opened:
        here, there = (archive.open_archive(path, opened) for path in (outer, inner))
        tracemalloc.start()
        digests = [each.digest() for each in reversed(here.entries)]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert digests == [each.digest() for each in reversed(there.entries)]
        assert str(here.snapshot).startswith("2026-06-07")
    assert peak < 3_000_000


def test_what_is_wrong_with_the_zip_in_a_zip_names_both(tmp_path: Path) -> None:
    def packed_in_zip(name: str, *inner: tuple[str, bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as packed:
            for entry_name, data in inner:
                packed.writestr(entry_name, data)
        return path

    dangerous = zip_of(tmp_path / "i.zip", (entry("../x.csv"), b"x")).read_bytes()
    broken = packed_in_zip("a.zip", ("inner.zip", b"PK no zip"))
    assert refusal(broken) == f"damaged zip archive: `inner.zip` in `{broken}` cannot be read"
    assert "`..`" in refusal(packed_in_zip("b.zip", ("inner.zip", dangerous)))
    two = packed_in_zip("c.zip", ("1.zip", b"x"), ("2.zip", b"x"))
    assert "holds only other archives" in refusal(two)


def test_limits_name_the_archive_and_the_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zip_of(tmp_path / "a.zip")
    monkeypatch.setattr(archive, "MAX_ENTRY_BYTES", 5)
    assert refusal(path).startswith(f"`Skills.csv` in `{path}`")


def test_what_is_neither_file_nor_folder_is_refused_unread(tmp_path: Path) -> None:
    for name in ("pipe.zip", "Skills.csv"):
        os.mkfifo(tmp_path / name)
        assert refusal(tmp_path / name).startswith("neither a file nor a folder")
    assert refusal(Path("/dev/zero")) == "neither a file nor a folder: `/dev/zero`"


def test_a_path_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred.zip"
    with pytest.raises(StorageError) as caught:
        read_archives([path])
    assert "\x1b" not in str(caught.value)
    path.write_text("no zip")
    assert "\x1b" not in refusal(path)


@pytest.fixture
def as_somebody() -> Iterator[Path]:
    """A folder of a user whom modes hold back: root, as in a container, reads everything."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)
    if is_root:
        os.seteuid(0)
    shutil.rmtree(folder)


def unreadable(path: Path) -> str:
    with pytest.raises(StorageError) as caught:
        read_archives([path])
    return str(caught.value)


def test_what_may_not_be_read_is_an_error_that_names_it(as_somebody: Path) -> None:
    jobs = as_somebody / "export" / "Jobs"
    jobs.mkdir(parents=True)
    skills = jobs.parent / "Skills.csv"
    skills.write_text(SKILLS)
    for locked in (jobs, skills, jobs.parent):
        mode = locked.stat().st_mode
        locked.chmod(0)
        assert f"no permission for `{locked}`" in unreadable(jobs.parent)
        locked.chmod(mode)


def test_the_command_says_so_too_and_not_that_it_was_called_wrongly(as_somebody: Path) -> None:
    locked = as_somebody / "Skills.csv"
    locked.write_text(SKILLS)
    locked.chmod(0)
    checked = inspect.command.params[0].type_cast_value(
        click.Context(inspect.command), (str(locked),)
    )
    assert checked == (locked,)


def test_a_link_in_a_folder_is_listed_and_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(SKILLS)
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Languages.csv").write_text("Name,Proficiency\nFrench,\n")
    (folder / "Skills.csv").symlink_to(secret)
    (folder / "Jobs").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    files = {file.path: file for file in read_archives([folder]).files}
    assert not files["Skills.csv"].items
    assert [str(files[name].listed[0].reason) for name in ("Skills.csv", "Jobs", "pipe")] == [
        "link: not followed"
    ] * 3


@pytest.mark.parametrize("name", ["Basic_LinkedInDataExport_06-08-2026.zip.zip", "x.ZIP", "noname"])
def test_a_zip_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    assert len(list(read_archives([zip_of(tmp_path / name)]).items)) == 1


def test_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", (entry("\x1b[31mred.bin"), b"x"))
    assert [file.path for file in read_archives([path]).files][1] == "\ufffd[31mred.bin"


def test_names_with_a_backslash_between_folders_are_read(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", (entry("Jobs\\Saved Jobs.csv"), b"Saved Date,Job Title\n"))
    assert [file.reader for file in read_archives([path]).files][1] == "linkedin/saved-jobs"


def test_progress_is_of_bytes_and_what_is_read_twice_counts_once(tmp_path: Path) -> None:
    posts = [{"timestamp": 1700000000 + n, "data": [{"post": "é" * 40}]} for n in range(3000)]
    (tmp_path / "your_posts_1.json").write_text(json.dumps(posts))
    (tmp_path / "Skills.csv").write_text("Name\n" + "Rust\n" * 3000)
    told: list[tuple[int, int]] = []
    reading = read_archives([tmp_path], lambda done, total: told.append((done, total)))
    assert reading.rows == 6000
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert {each for _, each in told} == {total}
    done = [each for each, _ in told]
    assert done == sorted(done) and (done[0], done[-1]) == (0, total)
    assert any(0 < each < total for each in done)


def test_a_file_without_bytes_is_called_empty(tmp_path: Path) -> None:
    for name in ("export.zip", "export"):
        (tmp_path / name).touch()
        assert refusal(tmp_path / name) == f"`{tmp_path / name}` is empty"


def test_a_zip_with_an_entry_that_has_no_name_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "nameless.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", "text")
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 28], data[entry + 30] = 0, 1  # its name is one byte of something else
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        read_archives([path])


@pytest.mark.parametrize("name", ["Positions.csv", "../x.csv"])
def test_no_archive_stays_open_whether_it_could_be_read_or_not(tmp_path: Path, name: str) -> None:
    path = zip_of(tmp_path / "a.zip", (entry(name), b"Title\nHydrologist\n"))
    try:
        read_archives([path])
    except InputError as error:  # what it was raised from is held, and open files with it
        assert error.__traceback__ is not None and is_closed(path)
    assert is_closed(path)


def is_closed(path: Path) -> bool:
    return str(path) not in [os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()]
