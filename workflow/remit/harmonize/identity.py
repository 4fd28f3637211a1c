"""Who is who: one table of all people of the study, no two of them under one name, and who may be whom.

A member is whom a row of demographics names; everybody else is a stranger. Nobody is merged here: where the
numbers of two resemble each other, a data manager is told, and signs a line of `study.links` or does not.
"""

from __future__ import annotations

import polars as pl

from remit.errors import RemitError
from remit.harmonize.quality import WARNINGS
from remit.privacy.pseudonyms import PERSON, normalize

#: Numbers of one hospital that resemble each other. OTHER is a stranger, or another member; ROWS and
#: OTHER_ROWS are rows that are not demographics.
NUMBERS = ["SITEID", "NUMBER", "OTHER_SITEID", "OTHER_NUMBER"]
RESEMBLANCES: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("USUBJID", "OTHER", "KIND", "EVIDENCE", "FEEDS"), pl.String),
    **dict.fromkeys(("ROWS", "OTHER_ROWS"), pl.Int64),
    **dict.fromkeys(NUMBERS, pl.String),
}
#: Shorter numbers differ by one character from most of their neighbours.
SHORTEST = 4
#: Who differs by one character from more people than this is their neighbour in a series.
SERIES = 3
#: In what two numbers may differ by chance.
CHANCE = ["letters around the digits", "one character", "the hospital"]
#: Where the numbers are, for the people that may know them.
WHO = "results/private/resemblances.csv"


def people(identities: pl.DataFrame) -> pl.DataFrame:
    """Every person whom any delivery names: SITEID SUBJID (normalized) USUBJID, sorted.

    Args:
        identities: `pseudonyms.IDENTITIES` of all deliveries.

    Raises:
        RemitError: two people share a pseudonym (their count, never who they are).
    """
    distinct = identities.select("HOSPITAL", "NUMBER", "USUBJID").unique()
    shared = distinct.filter(pl.col("USUBJID").is_duplicated())
    if shared.height:
        raise RemitError(
            f"{shared.height} patient ids share {shared['USUBJID'].n_unique()} pseudonyms "
            f"({', '.join(shared['USUBJID'].unique().sort().head(3))}): each would be taken for the "
            "other. Start the study over with a new pseudonym key; who they are is in "
            "results/private/ingested."
        )
    plain = pl.col(PERSON).map_elements(normalize, return_dtype=pl.String)
    return (
        identities.select(*PERSON, "USUBJID").with_columns(plain).unique().sort("USUBJID", *PERSON)
    )


def resemblances(identities: pl.DataFrame) -> pl.DataFrame:
    """Members, each with a stranger or another member whose number may be the same one.

    Args:
        identities: `pseudonyms.IDENTITIES` with FEED and DOMAIN.

    Returns:
        `RESEMBLANCES`, sorted; EVIDENCE says in what the numbers differ.
    """
    known = _people(identities)
    members, strangers = known.filter("MEMBER"), known.filter(~pl.col("MEMBER"))
    twice = members.filter(pl.struct("HOSPITAL", "CORE").is_duplicated())
    both = _alike(twice, twice).filter(pl.col("USUBJID") < pl.col("USUBJID_OTHER"))
    found = [
        both.with_columns(KIND=pl.lit("member")),
        *(
            judge(members, strangers).with_columns(KIND=pl.lit("stranger"))
            for judge in (_alike, _letters, _one_character, _elsewhere)
        ),
    ]
    return (
        pl.concat(found, how="diagonal")
        .unique(["USUBJID", "USUBJID_OTHER"], keep="first", maintain_order=True)
        .select(
            "USUBJID",
            "KIND",
            "EVIDENCE",
            "ROWS",
            "NUMBER",
            OTHER="USUBJID_OTHER",
            FEEDS="FEEDS_OTHER",
            OTHER_ROWS="ROWS_OTHER",
            SITEID="HOSPITAL",
            OTHER_SITEID="HOSPITAL_OTHER",
            OTHER_NUMBER="NUMBER_OTHER",
        )
        .select(*RESEMBLANCES)
        .sort(pl.col("ROWS") > 0, "USUBJID", "OTHER")
    )


def warnings(identities: pl.DataFrame, alike: pl.DataFrame) -> pl.DataFrame:
    """`quality.WARNINGS` of members whose rows may be a stranger's, who may be one, and feeds of strangers.

    Args:
        identities: as for `resemblances`.
        alike: what that gave.
    """
    where = f"who they are is in {WHO}; sign it in `study.links` if they are one person"
    # The same number but for zeros, case or marks is hardly chance; of others a member without rows is told.
    chance = pl.col("EVIDENCE").is_in(CHANCE)
    told = (pl.col("ROWS") == 0) & pl.lit(_more_than_chance(identities, alike.filter(chance)))
    lost = alike.filter(~chance | told, KIND="stranger")
    two = alike.filter(KIND="member")
    return pl.concat(
        [
            pl.DataFrame(schema=WARNINGS),
            lost.select(
                warning=pl.lit("near stranger"),
                feed="FEEDS",
                USUBJID="USUBJID",
                item=pl.lit(None, pl.String),
                rows="OTHER_ROWS",
                message=pl.format(
                    "{} rows are of a stranger ({}) whose number differs by {} from that of {}, who has {} "
                    f"rows beside the demographics: {where}",
                    "OTHER_ROWS", "OTHER", "EVIDENCE", "USUBJID", "ROWS",
                ),
            ),
            two.select(
                warning=pl.lit("near member"),
                feed="FEEDS",
                USUBJID="USUBJID",
                item=pl.lit(None, pl.String),
                rows="OTHER_ROWS",
                message=pl.format(
                    f"{{}} and {{}} are two members whose numbers differ by {{}} alone: {where}",
                    "USUBJID", "OTHER", "EVIDENCE",
                ),
            ),
            _feeds_of_strangers(identities),
        ]
    )  # fmt: skip


#: Where so much more often a stranger resembles members without rows than others, it is not by chance.
MORE = 3


def _more_than_chance(identities: pl.DataFrame, alike: pl.DataFrame) -> bool:
    """Whether members without rows resemble strangers more often than those who have rows."""
    members = identities.filter(DOMAIN="dm")["USUBJID"].unique()
    rows = identities.filter(pl.col("DOMAIN") != "dm")["USUBJID"].unique()
    there = int(members.is_in(rows.implode()).sum())
    empty = pl.col("ROWS") == 0
    pairs, others = alike.filter(empty).height, alike.filter(~empty).height
    return pairs * max(there, 1) > MORE * others * (len(members) - there)


def _feeds_of_strangers(identities: pl.DataFrame) -> pl.DataFrame:
    """Feeds most of whose rows are of strangers while a member has none there."""
    named = identities.filter(DOMAIN="dm")["USUBJID"].unique()
    rows = identities.filter(pl.col("DOMAIN") != "dm").with_columns(
        member=pl.col("USUBJID").is_in(named.implode())
    )
    feeds = (
        rows.group_by("FEED")
        .agg(
            all=pl.col("ROWS").sum(),
            strange=pl.col("ROWS").filter(~pl.col("member")).sum(),
            there=pl.col("USUBJID").filter("member").n_unique(),
        )
        .with_columns(absent=len(named) - pl.col("there").cast(pl.Int64))
        .filter((2 * pl.col("strange") > pl.col("all")) & (pl.col("absent") > 0))
        .sort("FEED")
    )
    return feeds.select(
        warning=pl.lit("feed of strangers"),
        feed="FEED",
        USUBJID=pl.lit(None, pl.String),
        item=pl.lit(None, pl.String),
        rows="strange",
        message=pl.format(
            "{} of {} rows are of people whom no demographics row names, while {} of {} members have none "
            "here: compare the patients' numbers of both exports",
            "strange", "all", "absent", pl.lit(len(named)),
        ),
    )  # fmt: skip


def _people(identities: pl.DataFrame) -> pl.DataFrame:
    """One row per person with the forms of the number that resemblance is judged by."""
    rows = pl.col("ROWS").filter(pl.col("DOMAIN") != "dm").sum()
    feeds = pl.col("FEED").unique().sort().str.join(", ")
    plain = pl.col("NUMBER").str.replace(r"\.0+$", "").str.to_lowercase()
    bare = plain.str.replace_all(r"[^\p{L}\p{N}]", "")
    return (
        identities.group_by("HOSPITAL", "NUMBER", "USUBJID")
        .agg(ROWS=rows, FEEDS=feeds, MEMBER=(pl.col("DOMAIN") == "dm").any())
        .sort("USUBJID")
        .with_columns(BARE=bare)
        .with_columns(CORE=pl.col("BARE").str.replace_all(r"(^|[^0-9])0+([0-9])", "${1}${2}"))
        .with_columns(DIGITS=pl.col("CORE").str.replace_all(r"[^0-9]", ""))
    )


def _pairs(one: pl.DataFrame, other: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """All columns of both, those of the other with _OTHER behind."""
    others = other.select(pl.all().name.suffix("_OTHER"))
    right = [f"{name}_OTHER" for name in on]
    return one.join(others, left_on=on, right_on=right, nulls_equal=True, coalesce=False)


def _alike(members: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The same number but for zeros before it, case, and what stands between."""
    number = pl.col("NUMBER")
    signs = {
        "leading zeros": pl.col("BARE"),
        "upper and lower case": number.str.replace_all(r"[^\p{L}]", ""),
        "marks between": number.str.replace(r"\.0+$", "").str.replace_all(r"[\p{L}\p{N}]", ""),
        "a decimal": number.str.contains(r"\.0+$"),
    }
    one, other = (people.with_columns(**signs) for people in (members, others))
    told = [pl.when(pl.col(sign) != pl.col(f"{sign}_OTHER")).then(pl.lit(sign)) for sign in signs]
    pairs = _pairs(one, other, ["HOSPITAL", "CORE"])
    return pairs.with_columns(EVIDENCE=pl.concat_str(told, separator=", ", ignore_nulls=True))


def _letters(members: pl.DataFrame, strangers: pl.DataFrame) -> pl.DataFrame:
    """The same digits, with letters around them in one of the two."""
    long = pl.col("DIGITS").str.len_chars() >= SHORTEST
    pairs = _pairs(members.filter(long), strangers.filter(long), ["HOSPITAL", "DIGITS"])
    bare = [pl.col(f"CORE{side}") == pl.col("DIGITS") for side in ("", "_OTHER")]
    return pairs.filter(bare[0] != bare[1]).with_columns(EVIDENCE=pl.lit(CHANCE[0]))


def _one_character(members: pl.DataFrame, strangers: pl.DataFrame) -> pl.DataFrame:
    """One character is another, is missing or too many, or two have changed places."""
    core = pl.col("CORE")
    one, other = (
        people.filter(core.str.len_chars() >= SHORTEST).with_columns(CUT=core)
        for people in (members, strangers)
    )
    on = ["HOSPITAL", "CUT"]
    found = [_pairs(one, other, on).clear()]
    longest = max(people["CORE"].str.len_chars().max() or 0 for people in (one, other))
    for place in range(longest if one.height and other.height else 0):  # type: ignore[arg-type]
        before, after = core.str.slice(0, place), core.str.slice(place + 1)
        cut_one, cut_other = (
            people.filter(core.str.len_chars() > place).with_columns(CUT=before + after)
            for people in (one, other)
        )
        turned = before + after.str.head(1) + core.str.slice(place, 1) + after.str.slice(1)
        found += [
            _pairs(cut_one, cut_other, on),
            _pairs(cut_one, other, on),
            _pairs(one, cut_other, on),
            _pairs(one, other.with_columns(CUT=turned), on),
        ]
    pairs = pl.concat(found).unique(["USUBJID", "USUBJID_OTHER"], maintain_order=True)
    few = pl.len().over("USUBJID_OTHER") <= SERIES
    return pairs.filter(few).with_columns(EVIDENCE=pl.lit(CHANCE[1]))


def _elsewhere(members: pl.DataFrame, strangers: pl.DataFrame) -> pl.DataFrame:
    """A member without rows, whose number is a stranger's of another hospital."""
    pairs = _pairs(members.filter(ROWS=0), strangers, ["NUMBER"])
    return pairs.with_columns(EVIDENCE=pl.lit(CHANCE[2]))
