"""Two hospitals with planted doubts about who, when and which test; and what must become of each person.

Nothing here knows how Remit decides: the key is written down as each row is made.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl

from remit.harmonize import identity, merge
from remit.ingest import Ingested, SourceFile, dictionaries, ingest, on_clock
from remit.privacy.pseudonyms import pseudonym

KEY = bytes(range(32))
SITES = ("north", "south")
CLOCK = timezone(timedelta(hours=8))
#: How many people of each kind.
EACH = 6
Person = tuple[str, str]
#: What is used of a person: test, value, civil day.
Used = tuple[str, float, str]


@dataclass
class Study:
    """Feeds with their lines, and the truth."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    outcome: dict[Person, str] = field(default_factory=dict)
    used: dict[Person, Counter[Used]] = field(default_factory=dict)
    kind: dict[Person, str] = field(default_factory=dict)

    def write(self, feed: str, *cells: str) -> None:
        self.lines.setdefault(feed, []).append(",".join(cells))


def plan(seed: int) -> Study:
    """Both hospitals, with `EACH` people of every kind."""
    chance, made = random.Random(seed), Study()
    numbers = chance.sample(range(10**7, 10**8), 200)
    sexes, births = (
        ("F", "M"),
        [f"19{y}-0{m}-1{d}" for y in range(50, 99) for m in (1, 5) for d in (2, 7)],
    )

    def person(kind: str, site: str, number: str, outcome: str) -> tuple[str, str]:
        who = chance.choice(sexes), chance.choice(births)
        made.write(f"registry_{site}", number, *who)
        made.kind[site, number], made.outcome[site, number] = kind, outcome
        made.used[site, number] = Counter()
        return who

    def results(site: str, number: str, *, as_: str | None = None, used: bool = True) -> None:
        for _ in range(4):
            value = chance.randrange(45, 300)
            moment = datetime(2021, 1, 1, tzinfo=CLOCK) + timedelta(
                minutes=chance.randrange(400_000)
            )
            told = moment.strftime("%Y-%m-%d %H:%M")
            made.write(f"lab_{site}", as_ or number, "Creatinine", str(value), "umol/L", told)
            if used:
                made.used[site, number]["SCR", value, told[:10]] += 1

    for _ in range(EACH):
        plain, shared, one, other, twice, near, clock, strip, split = (
            str(numbers.pop()) for _ in range(9)
        )
        site, elsewhere = chance.sample(SITES, 2)
        person("plain", site, plain, "alone")
        results(site, plain)
        # Collision: one number in two hospitals.
        for each in SITES:
            person("collision", each, shared, "alone")
            results(each, shared)
        # Swap: a second export gives each of two people the other's sex and birth.
        for number, sex, birth, wrong in (
            (one, "F", "1961-03-04", "1975-08-09"),
            (other, "M", "1975-08-09", "1961-03-04"),
        ):
            made.write(f"registry_{site}", number, sex, birth)
            made.write(f"second_{site}", number, "M" if sex == "F" else "F", wrong)
            made.kind[site, number], made.outcome[site, number] = "swap", "held"
            made.used[site, number] = Counter()
            results(site, number, used=False)
        # Merge: two people under one number of one hospital.
        made.write(f"registry_{site}", twice, "F", "1980-01-01")
        made.write(f"registry_{site}", twice, "F", "1955-05-05")
        made.kind[site, twice], made.outcome[site, twice] = "merge", "held"
        made.used[site, twice] = Counter()
        results(site, twice, used=False)
        # Near miss: all results are of a number with another digit.
        person("near miss", site, near, "near stranger")
        digit = chance.randrange(8)
        wrong = (
            near[:digit]
            + str((int(near[digit]) + chance.randrange(1, 10)) % 10)
            + near[digit + 1 :]
        )
        results(site, near, as_=wrong, used=False)
        # Split: a second registry lost the zeros, and some of the results with them.
        padded = f"00{split}"
        who = person("split", site, padded, "near member")
        made.write(f"second_{site}", split, *who)
        made.kind[site, split], made.outcome[site, split] = "split", "near member"
        made.used[site, split] = Counter()
        results(site, padded)
        results(site, split)
        # Clock: each result a second time, told in UTC; some of another day there.
        person("clock", elsewhere, clock, "alone")
        for hour in (1, 6, 12, 23):
            value = chance.randrange(45, 300)
            moment = datetime(2021, 3, 1 + hour, hour, 30, tzinfo=CLOCK)
            row = (clock, "Creatinine", str(value), "umol/L")
            made.write(f"lab_{elsewhere}", *row, moment.strftime("%Y-%m-%d %H:%M"))
            utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            made.write(f"again_{elsewhere}", *row, utc)
            made.used[elsewhere, clock]["SCR", value, f"2021-03-{1 + hour:02d}"] += 1
        # Strip: levels of a strip under the name of a quantity are none.
        person("strip", site, strip, "alone")
        results(site, strip)
        for month, level in enumerate(("30", "100", "300", "NEG"), 1):
            made.write("ward", site, strip, "Protein", level, "mg/dL", "Urine", f"2021-0{month}-01")
    for feed, lines in made.lines.items():
        chance.shuffle(lines)
        made.lines[feed] = lines
    return made


HEADERS = {
    "registry": "id,sex,birth",
    "second": "id,sex,birth",
    "lab": "id,test,result,unit,date",
    "again": "id,test,result,unit,date",
    "ward": "site,id,test,result,unit,specimen,date",
}
DM = {"SUBJID": "id", "SEX": "sex", "BRTHDTC": "birth"}
LB = {"SUBJID": "id", "LBTEST": "test", "LBORRES": "result", "LBORRESU": "unit", "LBDTC": "date"}


def spec(feed: str) -> dict[str, Any]:
    """A feed's block of the config."""
    kind, _, site = feed.partition("_")
    block: dict[str, Any] = {"format": "csv", "encoding": "utf-8", "delimiter": ","}
    block |= {"domain": "dm", "columns": DM} if kind in ("registry", "second") else {
        "domain": "lb", "columns": LB
    }  # fmt: skip
    if kind == "ward":
        return block | {"columns": LB | {"SITEID": "site", "LBSPEC": "specimen"}}
    return block | {"site": site}


def score(seed: int, folder: Path) -> dict[str, tuple[int, int, int]]:
    """By kind: how many people were planted, found as planted, and taken for it wrongly."""
    made = plan(seed)
    found, used = outcome(made, folder)
    planted, right, false = Counter(made.kind.values()), Counter[str](), Counter[str]()
    for person, kind in made.kind.items():
        name = pseudonym(person[1], KEY, "S", person[0])
        as_planted = found.get(name, "alone") == made.outcome[person]
        if as_planted and used.get(name, Counter()) == made.used[person]:
            right[kind] += 1
        else:
            false[kind] += 1
    known = {pseudonym(number, KEY, "S", site) for site, number in made.kind}
    false["nobody"] += len((found.keys() | used.keys()) - known)
    return {kind: (planted[kind], right[kind], false[kind]) for kind in planted | false}


def outcome(made: Study, folder: Path) -> tuple[dict[str, str], dict[str, Counter[Used]]]:
    """What Remit made of each person (where not `alone`), and which results of each it uses."""
    ingested = {feed: _read(feed, lines, folder) for feed, lines in made.lines.items()}
    domain = {feed: spec(feed)["domain"] for feed in ingested}
    identities = pl.concat(
        one.identities.with_columns(FEED=pl.lit(feed), DOMAIN=pl.lit(domain[feed]))
        for feed, one in ingested.items()
    )
    assert identity.people(identities)["USUBJID"].n_unique() == identities["USUBJID"].n_unique()
    rows = {
        wanted: pl.concat(
            one.accepted.with_columns(FEED=pl.lit(feed), DELIVERY=pl.lit("d"))
            for feed, one in ingested.items()
            if domain[feed] == wanted
        )
        for wanted in ("dm", "lb")
    }
    subjects = merge.cohort(rows["dm"])
    people = merge.resolve("dm", rows["dm"], subjects)
    held = merge.held_people(people)
    results = merge.resolve("lb", rows["lb"], subjects, held).used
    found = dict.fromkeys(held, "held")
    alike = identity.resemblances(identities)
    for kind, member in (
        identity.warnings(identities, alike).select("warning", "USUBJID").iter_rows()
    ):
        if member is not None:
            found[member] = kind
    # The other of two members that may be one.
    found |= dict.fromkeys(alike.filter(KIND="member")["OTHER"], "near member")
    used: dict[str, Counter[Used]] = {}
    for name, *row in results.select(
        "USUBJID", "LBTESTCD", "LBSTRESN", pl.col("LBDTC").str.head(10)
    ).iter_rows():
        used.setdefault(name, Counter())[(row[0], row[1], row[2])] += 1
    return found, used


def _read(feed: str, lines: list[str], folder: Path) -> Ingested:
    path = folder / f"{feed}.csv"
    path.write_text("\n".join([HEADERS[feed.partition("_")[0]], *lines]) + "\n", encoding="utf-8")
    block = on_clock(spec(feed), {"timezone": "Asia/Shanghai"})
    file = SourceFile(path.name, path)
    return ingest([file], feed, "d", block, dictionaries.loaded(), KEY, "S")
