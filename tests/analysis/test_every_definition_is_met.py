"""Every shipped definition, from values to counts: who meets it responds, who does not does not.

The values are found by trying: pairs of baseline and later values at which the best category's criterion
holds, or at which no response's does.
"""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any

import polars as pl
import pytest

from remit import statistics as of
from remit.analysis.criteria import Scale, columns, verdict
from remit.analysis.responses import derive_responses
from remit.analysis.visits import derive_visits
from remit.plan import parameters
from remit.plan.categories import criteria
from remit.plan.definitions import leaves
from remit.plan.windows import compile
from remit.statistics import wide
from tests.figures import frames
from tests.shipped import NAMES, categories_of, definition

START = date(2021, 1, 1)
LIMITS = {"ANRLO": 40.0, "ANRHI": 80.0}
VALUES = (0.0, 0.1, 0.4, 0.9, 2.0, 2.7, 3.9, 6.0, 12.0, 36.0, 65.0, 100.0, 400.0)
PATIENTS = ("01", "02", "03")
KNOWN = parameters.load()
SCALE = Scale({row["PARAMCD"]: row["decimals"] for row in KNOWN})
PLAN = {
    "proteinuria": "UPCR",
    "anchor": "UPCR",
    "preflare": "baseline",
    "components_within_days": None,
    "rescue": None,
    "cutoff": None,
}
Pairs = dict[str, tuple[float, float]]
Records = Callable[..., pl.DataFrame]


def plain(criterion: Any) -> Any:
    """The criterion with the parameter that stands for PROT, and baseline for an earlier value."""
    for key in ("all", "any"):
        if key in criterion:
            return {key: [plain(branch) for branch in criterion[key]]}
    code = {"PROT": "UPCR"}.get(criterion["parameter"], criterion["parameter"])
    earlier = {"of": "baseline"} if criterion.get("of") == "preflare" else {}
    return {**criterion, "parameter": code, **earlier}


def found(name: str, *, met: bool) -> Pairs:
    """Baseline and later value of each parameter: the best category holds, or no response does."""
    told = definition(name)
    own = {code: plain(criterion) for code, criterion in criteria(told).items()}
    good = [c["code"] for c in categories_of(name)[name] if c["response"]]
    need = [plain(told["evaluable"])] if "evaluable" in told else []
    codes = sorted({leaf["parameter"] for c in [*own.values(), *need] for leaf in leaves(c)})
    random = Random(7)
    choices = list(product(VALUES, VALUES))
    tried = pl.DataFrame({"row": range(6000)}).with_columns(DAY=pl.lit(200))
    drawn: dict[str, list[tuple[float, float]]] = {}
    text = pl.lit(None, pl.String)
    for code in codes:
        drawn[code] = [random.choice(choices) for _ in range(tried.height)]
        series = pl.DataFrame(drawn[code], schema=["BASE", "AVAL"], orient="row")
        series = series.with_columns(
            ULN=LIMITS["ANRHI"], LLN=LIMITS["ANRLO"], OPER=text, BASEOPER=text
        )
        named = series.select(columns(code, **{column: column for column in series.columns}))
        tried = pl.concat([tried, named], how="horizontal")
    holds = {code: verdict(own[code], SCALE) for code in own}
    wanted = holds[good[0]] if met else ~pl.any_horizontal(holds[code] for code in good)
    rows = tried.filter(wanted, *(verdict(each, SCALE) for each in need))["row"]
    return {code: drawn[code][rows[0]] for code in codes}


def responses(
    records: Records, name: str, pairs: Pairs, spec: dict[str, Any], *others: str
) -> pl.DataFrame:
    """ADRS of three patients who all have the values at every visit; two urines at each."""
    days = [1, *(28 * k + extra for k in range(1, 11) for extra in (1, 4))]
    rows = [
        {
            "USUBJID": patient,
            "PARAMCD": code,
            "AVAL": pairs[code][day > 1],
            "ADT": (START + timedelta(day - 1)).isoformat(),
            "ROWID": f"{patient}{code}{day}",
            **LIMITS,
        }
        for patient in PATIENTS
        for code in pairs
        for day in days
    ]
    subjects = pl.DataFrame(
        {
            "STUDYID": "S",
            "USUBJID": PATIENTS,
            "TRTSDT": START,
            "TRTEDT": START + timedelta(290),
            "EOSDT": START + timedelta(290),
            "EOSSTT": "COMPLETED",
            "DTHDT": None,
        },
        schema_overrides={"DTHDT": pl.Date},
    )
    known = pl.DataFrame(KNOWN)
    visits = derive_visits(records(rows), subjects, known, spec)
    chosen = [definition(each) for each in (name, *others)]
    derived = derive_responses(visits, subjects, None, chosen, known, compile(spec), PLAN)
    return derived[0]


@pytest.mark.parametrize("name", NAMES)
def test_everybody_responds_and_nobody_does(
    name: str, records: Records, visits_spec: dict[str, Any]
) -> None:
    own = categories_of(name)[name]
    best = next(category["code"] for category in own if category["response"])
    for met in (True, False):
        given = responses(records, name, found(name, met=met), visits_spec)
        judged = given.filter(pl.col("AVALC") != "NE")
        assert judged.height
        good = [category["code"] for category in own if category["response"]]
        if met:
            assert judged["AVALC"].unique().to_list() == [best]
        else:
            assert not judged["AVALC"].is_in(good).any()

        subjects = pl.DataFrame({"USUBJID": PATIENTS, "EFFFL": "Y", "SAFFL": "Y"})
        spec = frames.plan() | {"categories": categories_of(name)}
        table = wide(of.response(given, subjects, spec), "response")
        counts = table.filter(pl.col("rule") == "observed", pl.col("AVISIT") == "Best")
        shown = counts.filter(category=best).row(0, named=True)
        assert (shown["count"], shown["denominator"]) == (3 if met else 0, 3)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "cn19"])
def test_beside_another_definition_it_says_the_same(
    name: str, records: Records, visits_spec: dict[str, Any]
) -> None:
    pairs = {"UPCR": (4.0, 0.4), "ALB": (25.0, 36.0), "SCR": (70.0, 70.0)} | found(name, met=True)
    alone = responses(records, name, pairs, visits_spec)
    both = responses(records, name, pairs, visits_spec, "cn19")
    assert both.filter(DEFID=name).equals(alone)
    assert both.filter(DEFID="cn19").height
