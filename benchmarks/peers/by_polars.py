"""The policy in polars: lazy, streaming, the whole policy by hand."""

import polars as pl
import rules

START = rules.cpu_seconds()

SMALL = pl.UInt8


def folded(column: str) -> pl.Expr:
    """Return a list of tags or signs as the policy writes them."""
    element = pl.element().str.strip_chars().str.to_lowercase().str.replace_all("_", "-")
    return pl.col(column).list.eval(element)


def said(choices: str) -> pl.LazyFrame:
    """Return what holds for each (person, scope, target): the latest; of two the off."""
    return (
        pl.scan_parquet(choices)
        .filter((pl.col("purpose") == rules.PURPOSE) & (pl.col("at") <= rules.AS_OF))
        .with_columns(target=pl.when(pl.col("scope") != "all").then("target"))
        .group_by("member_id", "scope", "target")
        .agg(pl.col("on").sort_by("at", ~pl.col("on")).last().alias("is_on"))
        .rename({"member_id": "person"})
    )


def people(members: str, stands: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row per member, and per stranger who chose, with all that depends on them only."""
    born = pl.col("birth_date")
    leap = (born.dt.month() == 2) & (born.dt.day() == 29)
    adult = born.dt.offset_by("18y") + pl.when(leap).then(pl.duration(days=1)).otherwise(
        pl.duration(days=0)
    )
    whole = stands.filter(pl.col("scope") == "all").select("person", chose="is_on")
    region = pl.col("region")
    return (
        pl.scan_parquet(members)
        .select(
            "region", "signs", "birth_date", person="member_id", is_member=pl.lit(True),
            adult_at=adult.cast(pl.Datetime("us", "UTC")),
        )
        .join(whole, on="person", how="full", coalesce=True)
        .select(
            "person",
            "adult_at",
            is_member=pl.col("is_member").fill_null(False),
            state=pl.when(~region.is_in(rules.REGIONS).fill_null(False)).then(5)
            .when(region.is_in(rules.NOT_STARTED)).then(6)
            .when(folded("signs").list.contains(rules.SIGN)).then(7)
            .when(born.is_null()).then(8)
            .when(pl.col("adult_at") > rules.AS_OF).then(7)
            .otherwise(0).cast(SMALL),
            default_on=~region.is_in(rules.OFF_SINCE_2025).fill_null(True),
            off=~pl.col("chose").fill_null(True),
            chose_on=pl.col("chose").fill_null(False),
        )
    )  # fmt: skip


OPTIONAL = {"author": pl.String, "subjects": pl.List(pl.String), "tags": pl.List(pl.String),
            "reservation": pl.String}  # fmt: skip


def whole(items: pl.LazyFrame) -> pl.LazyFrame:
    """Return the items with every column: what a lean table lacks is null."""
    there = items.collect_schema().names()
    lacking = {name: kind for name, kind in OPTIONAL.items() if name not in there}
    return items.with_columns(**{n: pl.lit(None, dtype=kind) for n, kind in lacking.items()})


def with_stands(
    rows: pl.LazyFrame, stands: pl.LazyFrame, who: str, order: str = "none"
) -> pl.LazyFrame:
    """Add what that person said for the item's category and for the item."""
    category = stands.filter(pl.col("scope") == "category")
    item = stands.filter(pl.col("scope") == "item")
    return rows.join(
        category.select(pl.col("person").alias(who), category="target", for_category="is_on"),
        on=[who, "category"], how="left", maintain_order=order,
    ).join(
        item.select(pl.col("person").alias(who), item_id="target", for_item="is_on"),
        on=[who, "item_id"], how="left", maintain_order=order,
    )  # fmt: skip


def others(items: pl.LazyFrame, known: pl.LazyFrame, stands: pl.LazyFrame) -> pl.LazyFrame:
    """Return who of the other people in an item speaks against it, for items where one does."""
    columns = ["item_id", "owner", "category", "created_at"]
    written = items.filter(pl.col("author").is_not_null()).select(
        *columns, person="author", wrote=pl.lit(True)
    )
    shown = (
        items.filter(pl.col("subjects").is_not_null())
        .select(*columns, person="subjects", wrote=pl.lit(False))
        .explode("person")
    )
    pairs = pl.concat([written, shown]).filter(pl.col("person").ne_missing(pl.col("owner")))
    no = ~pl.col("for_category").fill_null(True) | ~pl.col("for_item").fill_null(True)
    yes = pl.col("for_category").fill_null(False) | pl.col("for_item").fill_null(False)
    member = pl.col("is_member").fill_null(False)
    made = (pl.col("created_at") < pl.col("adult_at")).fill_null(False)
    unwilling = pl.col("off") | no | ~(pl.col("default_on") | pl.col("chose_on") | yes)
    refuses = member & ((pl.col("state") != 0) | made | unwilling)
    objects = ~member & (pl.col("off").fill_null(False) | no)
    return (
        with_stands(pairs, stands, "person")
        .join(known, on="person", how="left")
        .select("item_id", "wrote", refuses=refuses, objects=objects)
        .group_by("item_id")
        .agg(
            author_refuses=(pl.col("wrote") & pl.col("refuses")).any(),
            subject_refuses=(~pl.col("wrote") & pl.col("refuses")).any(),
            objected=pl.col("objects").any(),
        )
    )


def codes(spoken: dict[str, int]) -> pl.Expr:
    """Return the first rule that speaks."""
    col, category = pl.col, pl.col("category")
    on = [col(name).fill_null(False) for name in ("for_category", "for_item")]
    said_nothing_on = ~(col("default_on") | col("chose_on") | on[0] | on[1])
    reserved = col("reservation").replace_strict(
        spoken, default=rules.CODE["unreadable"], return_dtype=SMALL
    )
    return (
        pl.when(category.is_in(rules.NEVER)).then(1)
        .when(category.is_in(rules.NOT_LISTED)).then(2)
        .when(~category.is_in(rules.LISTED).fill_null(False)).then(3)
        .when(~col("is_member").fill_null(False)).then(4)
        .when(col("state") != 0).then(col("state"))
        .when(col("created_at") < col("adult_at")).then(9)
        .when(col("created_at") < rules.WINDOW).then(10)
        .when(~col("visibility").is_in(rules.VISIBLE).fill_null(False)).then(11)
        .when(folded("tags").list.eval(pl.element().is_in(rules.SENSITIVE)).list.any()).then(12)
        .when(col("off")).then(13)
        .when(~col("for_category")).then(14)
        .when(~col("for_item")).then(15)
        .when(said_nothing_on).then(16)
        .when(col("author_refuses")).then(17)
        .when(col("subject_refuses")).then(18)
        .when(col("objected")).then(19)
        .when(reserved == 20).then(20)
        .when(col("created_at").is_null() | (reserved == 21)).then(21)
        .otherwise(0).cast(SMALL)
    )  # fmt: skip


def main() -> None:
    """Write `item_id, code`, or the reasons in words in file order."""
    given = rules.arguments()
    items = whole(pl.scan_parquet(f"{given.items}/*.parquet"))
    order = "left" if given.shape == "ordered" else "none"
    stands = said(given.choices).collect().lazy()
    known = people(given.members, stands).collect().lazy()
    found = items.select(pl.col("reservation").unique()).collect(engine="streaming").to_series()
    spoken = {text: rules.spoken(text) for text in found} | {None: 0}
    owners = known.rename({"person": "owner"})
    rows = (
        with_stands(items, stands, "owner", order)
        .join(owners, on="owner", how="left", maintain_order=order)
        .join(others(items, known, stands), on="item_id", how="left", maintain_order=order)
        .select("item_id", code=codes(spoken))
    )
    if given.shape == "ordered":
        reasons = pl.Series(rules.REASONS, dtype=pl.Enum(rules.REASONS))
        rows = rows.select("item_id", reason=pl.lit(reasons).gather(pl.col("code")))
    rows.sink_parquet(given.out)
    rules.say(start_cpu_s=START)


if __name__ == "__main__":
    main()
