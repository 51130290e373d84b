"""Made-up archives of any size, for what reading costs."""

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

WORDS = (
    "river flow gauge basin crue débit Abfluss Pegel misura fiume report meeting tomorrow thanks "
    "great idea model rain snow melt data sensor bridge valley team paper plan"
).split()
_MESSAGES = (
    "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,"
    "SUBJECT,CONTENT,FOLDER,ATTACHMENTS"
).split(",")


def say(dice: random.Random, words: int) -> str:
    """Return some words."""
    return " ".join(dice.choices(WORDS, k=words))


def comments(size: int, seed: int = 1) -> Iterator[str]:
    """Yield lines of a table of comments until they are so many bytes."""
    dice, written = random.Random(seed), 0
    yield "Date,Link,Message\n"
    while written < size:
        line = (
            f"2026-02-{dice.randrange(1, 29):02} 07:{dice.randrange(60):02}:00,"
            f'https://www.linkedin.com/feed/update/{dice.randrange(10**9)},"{say(dice, 18)}"\n'
        )
        written += len(line.encode())
        yield line


def messages(size: int, seed: int = 2) -> Iterator[str]:
    """Yield rows of a table of messages, every field in quotes, some with line breaks."""
    dice, written, out = random.Random(seed), 0, io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(_MESSAGES)
    while written < size:
        sender = dice.randrange(400)
        url, text = f"https://www.linkedin.com/in/p{sender}", say(dice, 25)
        when = f"2025-06-{dice.randrange(1, 29):02} 14:03:22 UTC"
        row = [f"c{sender}", "", f"P {sender}", url, "Ana Lac", "", when, "", text, "INBOX", ""]
        row[8] = text.replace(" ", '\n"', 1) if sender % 9 == 0 else text
        writer.writerow(row)
        line = out.getvalue()
        out.seek(0)
        out.truncate()
        written += len(line.encode())
        yield line


def posts(size: int, seed: int = 3) -> Iterator[str]:
    """Yield a Facebook document of posts."""
    dice, written = random.Random(seed), 0
    yield "["
    while written < size:
        said = say(dice, 20).encode().decode("latin-1")
        post = {"timestamp": dice.randrange(1_400_000_000, 1_700_000_000), "data": [{"post": said}]}
        line = ("," if written else "") + json.dumps(post, indent=2)
        written += len(line)
        yield line
    yield "]"


def write_archive(path: Path, size: int) -> None:
    """Write a zip whose files are so many bytes together, and some pictures that say nothing."""
    dice = random.Random(4)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("Profile.csv", "First Name,Last Name\nAna,Lac\n")
        for name, lines in (
            ("messages.csv", messages(size * 3 // 10)),
            ("Comments_900000001.csv", comments(size * 3 // 10)),
            ("posts/your_posts_1.json", posts(size * 3 // 10)),
        ):
            with packed.open(name, "w", force_zip64=True) as entry:
                for line in lines:
                    entry.write(line.encode())
        for number in range(10):
            picture = b"\xff\xd8\xff" + dice.randbytes(max(size // 100, 10))
            packed.writestr(f"posts/media/{number}.jpg", picture, zipfile.ZIP_STORED)
