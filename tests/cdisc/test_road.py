"""From the pilot study's transport files of LB and EX through the whole road to ADLBC and ADLBH.

As a run does it: ingest, harmonize, visits; subjects under pseudonyms, results converted from the
units in which they were reported, with the factors that the study used.
"""

import polars as pl
import pyreadstat
import pytest

from remit.analysis.visits import derive_visits
from remit.harmonize.merge import harmonized, resolve
from remit.ingest import SourceFile, dictionaries, ingest
from remit.packs.derivations import records
from remit.privacy.pseudonyms import pseudonyms
from tests.cdisc.conftest import DERIVATIONS, DICTIONARIES, NAMES, VISITS
from tests.ingest.conftest import KEY
from tests.ingest.test_standards import the_study_s_own


@pytest.fixture(scope="module")
def travelled(pilot, root, tmp_path_factory):
    """The harmonized table of a domain that came in as a transport file."""
    known = the_study_s_own(dictionaries.load())
    folder = tmp_path_factory.mktemp("pilot")

    def travel(domain, name):
        path = folder / f"{name}.xpt"
        frame = pilot("cdiscpilotsdtm", name).to_pandas()
        pyreadstat.write_xport(frame, str(path), file_format_version=5, table_name=domain.upper())
        feed = {"domain": domain, "format": "xpt", "codes": {"VISIT": NAMES}}
        rows = ingest([SourceFile(path.name, path)], "cdisc", name, feed, known, KEY, "S").accepted
        rows = rows.with_columns(FEED=pl.lit("cdisc"), DELIVERY=pl.lit(name))
        used = resolve(domain, rows, rows["USUBJID"].unique()).used
        return harmonized(used, "S")

    return travel


@pytest.mark.parametrize(("domain", "official"), [("lbch", "ADLBC"), ("lbhe", "ADLBH")])
def test_every_row_of_the_official_data_set(
    domain, official, travelled, pilot, equal, as_parameters
):
    first = pl.col("EXSTDTC").str.slice(0, 10).str.to_date("%Y-%m-%d").min()
    subjects = travelled("ex", "ex").group_by("USUBJID").agg(TRTSDT=first)
    subjects = subjects.with_columns(STUDYID=pl.lit("S"), TRTEDT=pl.lit(None, pl.Date))
    lb = travelled("lb", domain)
    known = as_parameters(lb["LBTESTCD"])
    ours = derive_visits(
        records(lb, None, None, subjects, known, DERIVATIONS, DICTIONARIES), subjects, known, VISITS
    )

    raw = pilot("cdiscpilotsdtm", domain).with_row_index("SRCLINE", 1)
    lines = raw.select("USUBJID", "LBSEQ", pl.col("SRCLINE").cast(pl.Int64))
    theirs = pilot("cdiscpilotadam", official.lower()).join(lines, on=["USUBJID", "LBSEQ"])
    people = theirs.select(SITEID=pl.lit(None, pl.String), SUBJID="USUBJID")
    ids = pseudonyms(people, KEY, "S").select(USUBJID="SUBJID", ours="USUBJID")
    theirs = theirs.join(ids, on="USUBJID").with_columns(
        ADY=pl.col("ADY").cast(pl.Int64),
        ANRIND=pl.col("ANRIND").replace({"N": "NORMAL", "H": "HIGH", "L": "LOW"}),
    )
    pairs = theirs.join(
        ours, on=["SRCLINE", "AVISIT"], how="left", nulls_equal=True, suffix="_ours"
    )
    assert pairs.height == theirs.height
    assert (pairs["ours"] == pairs["USUBJID_ours"]).all()
    for column in ("ADY", "ABLFL"):
        equal(f"{official} road", pairs, column)
    # A result below a limit has no number in theirs; ours keeps the limit and the operator.
    measured = pl.all_horizontal(pl.col("AVALOPER", "BASEOPER").is_null())
    censored = pairs.filter(pl.col("AVALOPER").is_not_null())
    assert censored["AVAL"].null_count() == censored.height == pairs["AVAL"].null_count()
    for column in ("AVAL", "BASE", "CHG"):
        equal(
            f"{official} road", pairs.filter(measured), column, 0, "without results below a limit"
        )
    # The study graded the shapes of red cells, which have no range, by other means.
    ranged = pl.any_horizontal(pl.col("ANRLO", "ANRHI").is_not_null())
    shapes = pairs.filter(~ranged)["PARAMCD"].unique()
    assert set(shapes) <= {"ANISO", "MACROCY", "MICROCY", "POIKILO", "POLYCHR"}
    equal(f"{official} road", pairs.filter(ranged), "ANRIND", 0, "of results with a range")
