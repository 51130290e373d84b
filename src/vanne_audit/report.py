"""What an audit found, for people: sentences in their language, and a table.

The figures are those of `vanne_audit`; nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vanne.words import Words, sentence, words
from vanne_audit.membership import FEWEST

AuditDocument = Mapping[str, Any]
HEAD = ("who", "standing", "where", "tried", "AUC", "never trained", "difference", "p", "")

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


def sentences(document: AuditDocument, lang: str) -> list[str]:
    """Say what was tried and found: each sentence can be read by itself, the verdict is first."""
    w = words(lang)
    inside, forgotten = (document["verdict"][s]["remembered"] for s in ("in", "forgotten"))
    lines = [
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
    for standing in ("in", "forgotten"):
        rows = [row for row in document["membership"] if row["standing"] == standing]
        tried = [row for row in rows if "auc" in row]
        if rows and not tried:
            lines.append(
                w("Too few people to tell them apart: %(n)s are needed on each side.", n=FEWEST)
            )
        if tried:
            row = worst(tried)
            values = {
                "people": w.number(row["people"]),
                "others": w.number(row["others"]),
                "here": w.number(round(100 * row["auc"]["value"])),
                "never": w.number(round(100 * row["never_trained"]["value"])),
                "where": _where(row["view"], w),
            }
            lines.append(w(_TOLD_APART[standing], **values))
    return lines


def worst(rows: Sequence[AuditDocument]) -> AuditDocument:
    """Return the row that says most: the surest, and of equally sure ones the largest."""
    return min(rows, key=lambda row: (row["p_corrected"], -row["difference"]["value"]))


def _where(view: str, w: Words) -> str:
    if view.isdigit():
        return w("shard %(n)s", n=view)
    return w("merged model") if view == "merged" else w("all shards")


def table(document: AuditDocument) -> list[tuple[str, ...]]:
    """Return one row per question."""
    rows: list[tuple[str, ...]] = [HEAD]
    for row in document["membership"]:
        if "auc" in row:
            low, high = row["difference"]["low"], row["difference"]["high"]
            p = row["p_corrected"]
            rows.append(
                (
                    row["who"],
                    row["standing"],
                    row["view"],
                    f"{row['people']}/{row['others']}",
                    f"{row['auc']['value']:.2f}",
                    f"{row['never_trained']['value']:.2f}",
                    f"{row['difference']['value']:+.2f} ({low:+.2f} to {high:+.2f})",
                    "< 0.001" if p < 0.001 else f"{p:.3f}",
                    "found" if row["found"] else "",
                )
            )
    return rows
