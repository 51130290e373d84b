"""Make the folder of a new network pack: it is right as it is, and its comments say what to write.

The comments are the descriptions of the keys, so the reference page says the same.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from vanne.errors import ConfigError, InputError, storing
from vanne.packs.pack import FACTS, GUIDE
from vanne.packs.schema import PackFacts, described_keys
from vanne.report.pack_check import EXAMPLES, PackExample, is_pack_name
from vanne.sources.readers import NetworkRecord

_WIDTH = 98


def new_pack(name: str, parent: Path, today: date) -> list[Path]:
    """Write a pack of that name into a new folder, and return its files.

    Raises:
        InputError: it is no name of a pack, or the folder is there already.
        StorageError: it cannot be written.
    """
    if not is_pack_name(name):
        todo = "use up to 40 small letters, digits and hyphens"
        raise InputError(f"`{name}` is no name of a network", todo=todo)
    folder = parent / name
    if folder.exists():
        raise ConfigError(f"`{folder}` is there already", todo="give another name or folder")
    files = _files(name, today)
    with storing(f"`{folder}`"):
        for place, text in files.items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return [folder / place for place in files]


def _files(key: str, today: date) -> Mapping[str, str]:
    name, policy = key.replace("-", " ").title(), f"{key}-{today}"
    place = {"key": key, "name": name, "policy": policy, "today": str(today)}
    return {
        FACTS: "\n".join(_facts({"name": name, "policy": policy})),
        "readers/records.toml": "\n".join(_reader_comments()) + _READER % place,
        f"policies/{policy}.toml": _POLICY % place,
        GUIDE: _GUIDE % place,
        f"{EXAMPLES}/first/posts.csv": _POSTS % place,
        f"{EXAMPLES}/first.toml": "\n".join(_example_comments()) + _EXAMPLE % place,
    }


def _facts(values: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of `pack.toml`: a key that need not be there is a comment."""
    for key, about in described_keys(PackFacts):
        yield from _comment(about.description)
        if key in values:
            yield f"{key} = {toml(values[key])}\n"
        else:
            yield f"# {key} = {toml(about.example)}\n"


def _reader_comments() -> Iterator[str]:
    yield from _comment("One table for each kind of record. The keys:")
    yield "#"
    for key, about in described_keys(NetworkRecord):
        yield from _comment(f"{key}: {about.description}")
    yield from _comment("all: a table whose keys hold for each other table of the file.")
    yield from _comment("like: a table whose keys hold where this one has none of its own.")
    yield ""


def _example_comments() -> Iterator[str]:
    yield from _comment("What must come out of `first`.")
    yield "#"
    for key, about in PackExample.model_fields.items():
        yield from _comment(f"{key}: {about.description}")
    yield ""


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False
    )


def toml(value: Any) -> str:
    """Write a value as TOML has it, on one line.

    >>> toml({"post": {"en": "Chirps"}})
    '{ post = { en = "Chirps" } }'
    """
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


_READER = """
[posts]
reads = "Posts"
category = "post"
keys = ["csv"]
has = ["%(key)s_id", "text", "created_at"]
text = ["text"]
created = "created_at"
time = "iso"
visibility = "public"
must = ["text"]
"""

_POLICY = """# By which rules an item may be used, and from which day on. Each rule cites a source.
# The keys are in docs/reference/policy.md; `vanne policy explain` says the whole in sentences.

name = "%(policy)s"
version = "1"
title = "%(name)s: what its terms say of training"

# Where you read it.
[sources.terms]
title = "Terms of use"
publisher = "%(name)s"
date = %(today)s
where = "the address of the page"

# The kinds of data that may be used, each with its sources.
[purposes.generative-ai-training.listed]
post = ["terms"]

# The kinds of data that are never used.
[purposes.generative-ai-training.never]
private_message = ["terms"]

# Where it holds, from which day on, and what holds for those who did not choose.
[[purposes.generative-ai-training.rollout]]
regions = ["WORLD"]
from = %(today)s
default = "on"
sources = ["terms"]

# How old a member must be.
[purposes.generative-ai-training.age]
minimum = 18
sources = ["terms"]

# What an opt-out covers: `everything`, or what is made `afterwards`.
[purposes.generative-ai-training.objection]
covers = "everything"
sources = ["terms"]

# Items about people who are no members: `deny`, or use them `unless-objected`.
[purposes.generative-ai-training.people]
non_members = "deny"
sources = ["terms"]
"""

_GUIDE = """# How members opt out. Write each text in `en`, and in `fr`, `de` and `it` if you can.
# A fact has the day on which somebody saw it, and sources of that day or later.

platform = "%(key)s"
name = "%(name)s"
# There is a `switch`, a form of `objection`, or `none`.
kind = "objection"
title = { en = "How to opt out at %(name)s" }
# Addresses lie in these domains.
domains = ["example.org"]

# `primary` is the network's own text, `secondary` what others report.
[sources.terms]
title = "Terms of use"
publisher = "%(name)s"
kind = "primary"
date = %(today)s
where = "the address of the page"

# The steps on a computer and on a phone.
[paths.desktop]
date = %(today)s
sources = ["terms"]
steps = [
  { text = { en = "Open the form." } },
  { text = { en = "Write that you object to training, and send it." } },
]

[paths.mobile]
date = %(today)s
sources = ["terms"]
steps = [
  { text = { en = "Open the form." } },
  { text = { en = "Write that you object to training, and send it." } },
]

# A link is a `setting`, a `form`, a form for people without an account (`form-outsiders`), or
# `elsewhere`.
[[links]]
role = "form"
text = { en = "The form" }
url = "https://example.org/privacy"
date = %(today)s
sources = ["terms"]

# What it stops: also `not_covers`, `used`, `never`, `regions` and `facts`.
[[covers]]
text = { en = "Training on your posts." }
date = %(today)s
sources = ["terms"]
"""

_POSTS = """%(key)s_id,text,created_at
1,A first post,%(today)sT08:00:00Z
2,A second post,%(today)sT09:00:00Z
3,A post without a time,someday
"""

_EXAMPLE = """
rows = 3
items = 2
listed = 1
region = "CH"
as_of = %(today)s
birth_date = 1990-01-01

[categories]
post = 2

[verdicts]
allowed = 2
"""
