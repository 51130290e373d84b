"""What is refused before anything is read, each with one clear line."""

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from vanne.errors import InputError, StorageError
from vanne.sources import archive, read_linkedin

SKILLS = "Name\nHydrology\n"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_linkedin([path])
    assert caught.value.todo
    return caught.value.args[0]


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
    assert "more than 8 GiB" in refusal(path)
    monkeypatch.setattr(archive, "MAX_ENTRY_BYTES", 5)
    assert "larger than 2 GiB" in refusal(path)


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
    assert refusal(path) == "damaged zip archive: `Skills.csv` cannot be read"


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


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n"])
def test_what_is_no_zip_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert refusal(path).startswith("not a zip archive")


def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        read_linkedin([tmp_path / "a.zip"])


def test_an_archive_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("your_posts.json", "[]")
    assert "not an archive from LinkedIn" in refusal(path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "not an archive from LinkedIn" in refusal(tmp_path)


def test_a_zip_inside_the_zip_stays_closed(tmp_path: Path) -> None:
    inner = zip_of(tmp_path / "inner.zip")
    path = zip_of(tmp_path / "a.zip", (entry("inner.zip"), inner.read_bytes()))
    file = next(f for f in read_linkedin([path]).files if f.path == "inner.zip")
    assert [listed.reason for listed in file.listed] == ["archive inside the archive: not opened"]


def test_a_link_in_a_folder_is_listed_and_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(SKILLS)
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Languages.csv").write_text("Name,Proficiency\nFrench,\n")
    (folder / "Skills.csv").symlink_to(secret)
    (folder / "Jobs").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    files = {file.path: file for file in read_linkedin([folder]).files}
    assert not files["Skills.csv"].items
    assert [files[name].listed[0].reason for name in ("Skills.csv", "Jobs", "pipe")] == [
        "link: not followed"
    ] * 3


@pytest.mark.parametrize("name", ["Basic_LinkedInDataExport_06-08-2026.zip.zip", "x.ZIP", "noname"])
def test_a_zip_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    assert len(list(read_linkedin([zip_of(tmp_path / name)]).items)) == 1


def test_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", (entry("\x1b[31mred.bin"), b"x"))
    assert [file.path for file in read_linkedin([path]).files][1] == "\ufffd[31mred.bin"


def test_names_with_a_backslash_between_folders_are_read(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", (entry("Jobs\\Saved Jobs.csv"), b"Saved Date,Job Title\n"))
    assert [file.reader for file in read_linkedin([path]).files][1] == "linkedin/saved-jobs"
