"""The policy in pandas: merges and `numpy.select`, everything in memory."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import rules

START = rules.cpu_seconds()

ITEM_COLUMNS = (
    "item_id owner author subjects category created_at visibility tags reservation".split()
)


def folded(words: Iterable[str]) -> set[str]:
    """Return tags or signs as the policy writes them."""
    return {word.strip().lower().replace("_", "-") for word in words}


def said(path: str) -> pd.DataFrame:
    """Return what holds for each (person, scope, target): the latest; of two the off."""
    rows = pd.read_parquet(path, columns=["member_id", "purpose", "scope", "target", "on", "at"])
    rows = rows[(rows["purpose"] == rules.PURPOSE) & (rows["at"] <= rules.AS_OF)]
    rows = rows.sort_values(["at", "on"], ascending=[True, False])
    rows = rows.drop_duplicates(["member_id", "scope", "target"], keep="last")
    return rows.rename(columns={"member_id": "person"})[["person", "scope", "target", "on"]]


def people(path: str, stands: pd.DataFrame) -> pd.DataFrame:
    """Return one row per member, and per stranger who chose, with all that depends on them only."""
    rows = pd.read_parquet(path, columns=["member_id", "region", "birth_date", "signs"])
    born = pd.to_datetime(rows["birth_date"])
    leap = (born.dt.month == 2) & (born.dt.day == 29)
    adult = born + pd.DateOffset(years=rules.ADULT_YEARS) + pd.to_timedelta(leap.astype(int), "D")
    rows["adult_at"] = adult.dt.tz_localize("UTC")
    signed = np.zeros(len(rows), bool)
    some = rows["signs"].notna()
    signed[some] = [rules.SIGN in folded(signs) for signs in rows.loc[some, "signs"]]
    region = rows["region"]
    rows["state"] = np.select(
        [
            ~region.isin(rules.REGIONS),
            region.isin(rules.NOT_STARTED),
            signed,
            rows["birth_date"].isna(),
            rows["adult_at"] > rules.AS_OF,
        ],
        [5, 6, 7, 8, 7],
        0,
    )
    rows["default_on"] = ~region.isin(rules.OFF_SINCE_2025)
    rows["is_member"] = True
    whole = stands.loc[stands["scope"] == "all", ["person", "on"]].rename(columns={"on": "chose"})
    rows = rows.rename(columns={"member_id": "person"}).merge(whole, on="person", how="outer")
    rows["is_member"] = rows["is_member"].eq(True)
    rows["off"] = rows["chose"].eq(False)
    rows["chose_on"] = rows["chose"].eq(True)
    rows["default_on"] = rows["default_on"].eq(True)
    return rows[["person", "is_member", "state", "adult_at", "default_on", "off", "chose_on"]]


def with_stands(rows: pd.DataFrame, stands: pd.DataFrame, who: str) -> pd.DataFrame:
    """Add what that person said for the item's category and for the item."""
    for scope, target in (("category", "category"), ("item", "item_id")):
        mine = stands.loc[stands["scope"] == scope, ["person", "target", "on"]]
        mine = mine.rename(columns={"person": who, "target": target, "on": f"for_{scope}"})
        rows = rows.merge(mine, on=[who, target], how="left")
    rows["no"] = rows["for_category"].eq(False) | rows["for_item"].eq(False)
    rows["yes"] = rows["for_category"].eq(True) | rows["for_item"].eq(True)
    return rows


def others(items: pd.DataFrame, known: pd.DataFrame, stands: pd.DataFrame) -> pd.DataFrame:
    """Return who of the other people in an item speaks against it."""
    columns = ["item_id", "owner", "category", "created_at"]
    written = items.loc[items["author"].notna(), [*columns, "author"]]
    written = written.rename(columns={"author": "person"}).assign(wrote=True)
    shown = items.loc[items["subjects"].notna(), [*columns, "subjects"]].explode("subjects")
    shown = shown.rename(columns={"subjects": "person"}).assign(wrote=False)
    pairs = pd.concat([written, shown], ignore_index=True)
    pairs["person"] = pairs["person"].astype(items["owner"].dtype)
    pairs = pairs[pairs["owner"].isna() | (pairs["person"] != pairs["owner"])]
    pairs = with_stands(pairs, stands, "person").merge(known, on="person", how="left")
    member = pairs["is_member"].eq(True)
    off = pairs["off"].eq(True) | pairs["no"]
    on = pairs["default_on"].eq(True) | pairs["chose_on"].eq(True) | pairs["yes"]
    made = pairs["created_at"] < pairs["adult_at"]
    refuses = member & ((pairs["state"] != 0) | made | off | ~on)
    wrote = pairs["wrote"].astype(bool)
    found = pd.DataFrame(
        {
            "item_id": pairs["item_id"],
            "author_refuses": wrote & refuses,
            "subject_refuses": ~wrote & refuses,
            "objected": ~member & off,
        }
    )
    return found.groupby("item_id").any().reset_index()


def codes(rows: pd.DataFrame) -> np.ndarray:
    """Return the first rule that speaks."""
    category = rows["category"]
    sensitive = np.zeros(len(rows), bool)
    some = rows["tags"].notna().to_numpy()
    wanted = set(rules.SENSITIVE)
    sensitive[some] = [not wanted.isdisjoint(folded(tags)) for tags in rows.loc[some, "tags"]]
    spoken = {text: rules.spoken(text) for text in rows["reservation"].dropna().unique()}
    reserved = rows["reservation"].map(spoken).fillna(0)
    tests = {
        1: category.isin(rules.NEVER),
        2: category.isin(rules.NOT_LISTED),
        3: ~category.isin(rules.LISTED),
        4: ~rows["is_member"].eq(True),
        5: rows["state"].eq(5),
        6: rows["state"].eq(6),
        7: rows["state"].eq(7),
        8: rows["state"].eq(8),
        9: rows["created_at"] < rows["adult_at"],
        10: rows["created_at"] < rules.WINDOW,
        11: ~rows["visibility"].isin(rules.VISIBLE),
        12: sensitive,
        13: rows["off"].eq(True),
        14: rows["for_category"].eq(False),
        15: rows["for_item"].eq(False),
        16: ~(rows["default_on"].eq(True) | rows["chose_on"].eq(True) | rows["yes"]),
        17: rows["author_refuses"].eq(True),
        18: rows["subject_refuses"].eq(True),
        19: rows["objected"].eq(True),
        20: reserved.eq(20),
        21: rows["created_at"].isna() | reserved.eq(21),
    }
    return np.select(list(tests.values()), list(tests), 0).astype(np.uint8)


def main() -> None:
    """Write `item_id, code`."""
    given = rules.arguments()
    stands = said(given.choices)
    known = people(given.members, stands)
    items = pd.read_parquet(given.items, columns=ITEM_COLUMNS)
    who = others(items, known, stands)
    rows = with_stands(items.drop(columns=["author", "subjects"]), stands, "owner")
    rows = rows.merge(known.rename(columns={"person": "owner"}), on="owner", how="left")
    rows = rows.merge(who, on="item_id", how="left")
    pd.DataFrame({"item_id": rows["item_id"], "code": codes(rows)}).to_parquet(given.out)
    rules.say(start_cpu_s=START)


if __name__ == "__main__":
    main()
