"""What an audit found, for people: sentences in their language, a table, and a page.

The figures are those of `vanne_audit`; nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vanne.report.words import Words, sentence, words
from vanne_audit.membership import FEWEST

Found = Mapping[str, Any]
HEAD = ("what", "who", "standing", "where", "tried", "here", "never trained", "difference", "p", "")

_TOLD_APART = {
    "in": sentence(
        "We tried to tell %(people)s people who are in it from %(others)s whom it never saw: right "
        "%(here)s times out of 100, a model without them %(never)s times (%(where)s)."
    ),
    "forgotten": sentence(
        "We tried to tell %(people)s people who were forgotten from %(others)s whom it never saw: "
        "right %(here)s times out of 100, a model without them %(never)s times (%(where)s)."
    ),
}
_SECRETS = {
    "in": sentence(
        "%(n)s planted secrets stand out by %(bits)s bits on average, and by %(never)s bits where "
        "they were never seen (chance: 1.4)."
    ),
    "forgotten": sentence(
        "%(n)s secrets that were taken out again stand out by %(bits)s bits on average, and by "
        "%(never)s bits where they were never seen (chance: 1.4)."
    ),
}
_CONTINUED = {
    "text": sentence(
        "Given the beginning of %(n)s texts, it wrote 50 characters of the rest of %(some)s; a "
        "model without them of %(never)s."
    ),
    "secret": sentence(
        "Asked for %(n)s secrets, it said %(some)s; a model without them %(never)s."
    ),
}


def sentences(found: Found, lang: str) -> list[str]:
    """Say what was tried and found: each sentence can be read by itself, the verdict is first."""
    w = words(lang)
    said = _verdict(found, w)
    for standing in ("in", "forgotten"):
        said += _told_apart(found, standing, w)
        said += _secrets(found, standing, w)
        said += _continued(found, standing, w)
    return said


def _verdict(found: Found, w: Words) -> list[str]:
    inside, forgotten = (found["verdict"][s]["remembered"] for s in ("in", "forgotten"))
    return [
        w("The model remembers people who are in it more than chance explains.")
        if inside
        else w("No memory was found of people who are in the model.")
        if inside is not None
        else w("Too few people who are in the model could be tried."),
        w("The model remembers people whom it was made to forget. That must not be.")
        if forgotten
        else w("Nothing was found of people whom the model was made to forget.")
        if forgotten is not None
        else w("Nobody whom the model was made to forget could be tried."),
    ]


def _told_apart(found: Found, standing: str, w: Words) -> list[str]:
    rows = [row for row in found["membership"] if row["standing"] == standing]
    tried = [row for row in rows if "auc" in row]
    if rows and not tried:
        return [w("Too few people to tell them apart: %(n)s are needed on each side.", n=FEWEST)]
    if not tried:
        return []
    row = worst(tried)
    values = {
        "people": w.number(row["people"]),
        "others": w.number(row["others"]),
        "here": w.number(round(100 * row["auc"]["value"])),
        "never": w.number(round(100 * row["never_trained"]["value"])),
        "where": where(row["view"], w),
    }
    return [w(_TOLD_APART[standing], **values)]


def _secrets(found: Found, standing: str, w: Words) -> list[str]:
    rows = [row for row in found["exposure"] if row["standing"] == standing]
    if not rows:
        return []
    row = next(row for row in rows if row["view"] == "all shards")
    values = {
        "n": w.number(row["canaries"]),
        "bits": w.number(round(row["bits"], 1)),
        "never": w.number(round(row["bits_never_trained"], 1)),
    }
    return [w(_SECRETS[standing], **values)]


def _continued(found: Found, standing: str, w: Words) -> list[str]:
    rows = [
        r for r in found["extraction"] if r["standing"] == standing and r["view"] == "all shards"
    ]
    said = {}
    for row in rows:
        said[row["what"]] = {
            "n": w.number(row["attempts"]),
            "some": w.number(row["extracted"]),
            "never": w.number(row["by_never_trained"]),
        }
    return [w(_CONTINUED[what], **values) for what, values in said.items()]


def worst(rows: Sequence[Found]) -> Found:
    """Return the row that says most: the surest, and of equally sure ones the largest."""
    return min(rows, key=lambda row: (row["p_corrected"], -row["difference"]["value"]))


def where(view: str, w: Words) -> str:
    """Name an adapter."""
    if view.isdigit():
        return w("shard %(n)s", n=view)
    return w("merged model") if view == "merged" else w("all shards")


def table(found: Found) -> list[tuple[str, ...]]:
    """Return the rows of the terminal and of the page: of each view the attack that says most."""
    rows: list[tuple[str, ...]] = [HEAD]
    groups: dict[tuple[str, str, str], list[Found]] = {}
    for row in found["membership"]:
        if "auc" in row:
            groups.setdefault((row["standing"], row["who"], row["view"]), []).append(row)
    for (standing, who, view), some in groups.items():
        row = worst(some)
        low, high = row["difference"]["low"], row["difference"]["high"]
        figures = (f"{row['auc']['value']:.2f}", f"{row['never_trained']['value']:.2f}",
                   f"{row['difference']['value']:+.2f} ({low:+.2f} to {high:+.2f})")  # fmt: skip
        tried = f"{row['people']}/{row['others']}"
        rows.append((f"AUC, {row['attack']}", who, standing, view, tried, *figures, *_judged(row)))
    for row in found["exposure"]:
        figures = (f"{row['bits']:.1f}", f"{row['bits_never_trained']:.1f}",
                   f"{row['bits'] - row['bits_never_trained']:+.1f}")  # fmt: skip
        rows.append(("exposure, bits", "canaries", row["standing"], row["view"],
                     str(row["canaries"]), *figures, *_judged(row)))  # fmt: skip
    for row in found["extraction"]:
        here, never = row["extracted"], row["by_never_trained"]
        who = "canaries" if row["what"] == "secret" else "members"
        rows.append((f"extracted {row['what']}s", who, row["standing"], row["view"],
                     str(row["attempts"]), str(here), str(never), f"{here - never:+}",
                     *_judged(row)))  # fmt: skip
    return rows


def _judged(row: Found) -> tuple[str, str]:
    p = row["p_corrected"]
    return "< 0.001" if p < 0.001 else f"{p:.3f}", "found" if row["found"] else ""


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(n) for c, n in zip(r, widths, strict=True)).rstrip() for r in rows)
    return "\n".join(lines)


def page(found: Found, pictures: Sequence[Path], lang: str) -> str:
    """Return the page in Markdown, with the pictures beside it."""
    w = words(lang)
    verdict, *rest = sentences(found, lang)
    head, *rows = table(found)
    lines = [" | ".join(row) for row in (head, ["---"] * len(head), *rows)]
    parts = [
        "# " + w("What the model gives away"),
        f"`{found['model'][:16]}`, {found['at'][:16]} UTC",
        f"**{verdict}**",
        *(rest[:1] and [f"**{rest[0]}**"]),
        "\n".join(f"* {sentence}" for sentence in rest[1:]),
        "\n".join(f"| {line} |" for line in lines),
        *(f"![{picture.stem}]({picture.name})" for picture in pictures),
    ]
    return "\n\n".join(parts) + "\n"
