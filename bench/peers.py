"""The core job of Remit, from exports to visits, in DuckDB SQL and in pandas, each in its own words.

    python -m bench.peers duckdb|pandas|floor EXPORTS TARGET

Read every export as text; parse numbers, operators and dates; refuse rows without a known test, a unit
or a number, with the reason; convert units; let corrections win; study day, monthly windows, baseline,
one record a visit, change; write one sorted Parquet table (zstd 1). Checked in `bench.scale` by the
number of records analysed and the sum of their changes.
"""

import sys
from pathlib import Path

from bench.analysis import PLAN, SQL
from bench.registry import TESTS
from remit.plan import windows

WINDOWS = [window for window in windows.compile(PLAN) if window.target]


def duckdb(exports: Path, target: Path) -> None:
    """As https://duckdb.org/docs teaches: read_csv, joins to small tables, window functions, COPY."""
    import duckdb as db

    con = db.connect(str(target.with_suffix(".duckdb")))
    con.execute("set preserve_insertion_order = false")
    facts = ", ".join(f"('{t[0]}', '{t[2]}', '{t[7]}', {t[8]})" for t in TESTS)
    codes = ", ".join(f"('{t[7]}', '{t[0]}', {n})" for n, t in enumerate(TESTS, 1))
    places = ", ".join(f"('{w.name}', {w.number}, {w.target}, {w.low}, {w.high})" for w in WINDOWS)
    con.execute(
        f"""
        create table facts as select test, unit, code, factor::double as factor
        from (values {facts}) t(test, unit, code, factor);
        create table parameters (PARAMCD text, PARAM text, PARAMN int);
        insert into parameters values {codes};
        create table windows (AVISIT text, AVISITN double, AWTARGET int, AWLO int, AWHI int);
        insert into windows values {places};
        create table adsl as select 'SCALE-' || upper(left(md5(MRN), 10)) as USUBJID,
            min(Start::date) as TRTSDT
        from read_csv('{exports}/infusions/*.csv', all_varchar = true) group by all;
        create view raw as select * from
            read_csv('{exports}/laboratory/*.csv', all_varchar = true, header = true, filename = true);
        create view typed as
        select r.*, f.code, f.factor, f.unit as known,
            case when left("Result", 1) in ('<', '>') then left("Result", 1) end as oper,
            try_cast(ltrim("Result", '<>') as double) as number,
            try_cast("Low" as double) as lowest, try_cast("High" as double) as highest,
            try_strptime("Collected", '%Y-%m-%d %H:%M') as moment
        from raw r left join facts f on r."Test" = f.test and r."Unit" = f.unit;
        create table judged as select *, case when number is null then 'result_unreadable'
            when "Unit" is null then 'unit_missing' when known is null then 'unit_unknown'
            when moment is null then 'date_impossible' end as rule from typed;
        copy (select * from judged where rule is not null)
            to '{target.with_suffix(".refused.parquet")}' (format parquet);
        create view lb as
        select 'SCALE-' || upper(left(md5(MRN), 10)) as USUBJID, code as LBTESTCD,
            number * factor as LBSTRESN, coalesce(oper, '') || (number * factor) as LBSTRESC,
            known as LBSTRESU, oper as LBOPER,
            strftime(moment, '%Y-%m-%dT%H:%M') || '+08:00' as LBDTC,
            lowest * factor as LBSTNRLO, highest * factor as LBSTNRHI,
            case when number < lowest then 'LOW' when number > highest then 'HIGH'
                else 'NORMAL' end as LBNRIND,
            filename as SRCFILE, Specimen as SRCLINE, 'x' as SRCSHA, Specimen || code as ROWID
        from judged where rule is null
        qualify row_number() over (partition by MRN, code, Specimen
            order by (Status = 'CORRECTED') desc, Reported desc, filename desc) = 1;
        """
    )
    con.execute(SQL.format(source="lb", target=target))


def pandas(exports: Path, target: Path) -> None:
    """As https://pandas.pydata.org/docs teaches: Arrow-backed strings, map, merge, groupby, to_parquet."""
    import hashlib

    import numpy as np
    import pandas as pd

    def read(folder: str) -> pd.DataFrame:
        files = sorted((exports / folder).glob("*.csv"))
        return pd.concat(
            [
                pd.read_csv(f, dtype="string[pyarrow]", engine="pyarrow").assign(SRCFILE=f.name)
                for f in files
            ],
            ignore_index=True,
        )

    lb = read("laboratory").astype({"SRCFILE": "category"})
    factor = pd.Series({(t[0], t[2]): t[8] for t in TESTS})
    code = {t[0]: t[7] for t in TESTS}
    lb["LBTESTCD"] = lb["Test"].map(code).astype("category")
    facts = factor.rename("UNITFAC").rename_axis(["Test", "Unit"]).reset_index()
    lb = lb.merge(facts.astype({"Test": "string[pyarrow]", "Unit": "string[pyarrow]"}), how="left")
    first = lb["Result"].str[0]
    lb["LBOPER"] = first.where(first.isin(["<", ">"]))
    number = pd.to_numeric(lb["Result"].str.lstrip("<>"), errors="coerce").astype("float64")
    moment = pd.to_datetime(lb["Collected"], errors="coerce")
    rule = np.select(
        [number.isna(), lb["Unit"].isna(), lb["UNITFAC"].isna(), moment.isna()],
        ["result_unreadable", "unit_missing", "unit_unknown", "date_impossible"],
        default="",
    )
    lb["rule"] = rule
    lb[rule != ""].to_parquet(target.with_suffix(".refused.parquet"))
    lowest, highest = (pd.to_numeric(lb[side]).astype("float64") for side in ("Low", "High"))
    lb["LBNRIND"] = pd.Categorical(
        np.select([number < lowest, number > highest], ["LOW", "HIGH"], default="NORMAL")
    )
    lb["AVAL"], lb["ANRLO"] = number * lb["UNITFAC"], lowest * lb["UNITFAC"]
    lb["ANRHI"], lb["moment"] = highest * lb["UNITFAC"], moment
    lb = lb[rule == ""]

    lb["corrected"] = lb["Status"] == "CORRECTED"
    lb = lb.sort_values(["corrected", "Reported", "SRCFILE"]).drop_duplicates(
        ["MRN", "LBTESTCD", "Specimen"], keep="last"
    )
    begun = read("infusions").assign(TRTSDT=lambda d: pd.to_datetime(d["Start"]))
    begun = begun.groupby("MRN", as_index=False)["TRTSDT"].min()
    begun["USUBJID"] = [
        f"SCALE-{hashlib.md5(mrn.encode()).hexdigest()[:10].upper()}" for mrn in begun["MRN"]
    ]
    lb = lb.merge(begun, on="MRN")
    elapsed = (lb["moment"].dt.normalize() - lb["TRTSDT"]).dt.days
    lb["ADY"] = elapsed + (elapsed >= 0)
    edges = [WINDOWS[0].low - 1, *(window.high for window in WINDOWS)]
    lb["AVISITN"] = pd.cut(lb["ADY"], edges, labels=False)
    days = pd.Series([window.target - (window.target > 0) for window in WINDOWS])
    lb["AWTDIFF"] = (elapsed - lb["AVISITN"].map(days)).abs()
    lb["AVISIT"] = (
        lb["AVISITN"].map({k: window.name for k, window in enumerate(WINDOWS)}).astype("category")
    )
    lb = lb.sort_values(["USUBJID", "LBTESTCD", "moment", "Specimen"], ignore_index=True)

    series = ["USUBJID", "LBTESTCD"]
    placed = lb[lb["AVISITN"].notna()]
    baseline = placed[placed["AVISITN"] == 0].drop_duplicates(series, keep="last").index
    after = placed[placed["AVISITN"] > 0].sort_values("AWTDIFF", kind="stable")
    chosen = after.drop_duplicates([*series, "AVISITN"], keep="first").index
    lb["ABLFL"] = lb["ANL01FL"] = pd.Series(pd.NA, index=lb.index, dtype="string[pyarrow]")
    lb.loc[baseline, ["ABLFL", "ANL01FL"]] = "Y"
    lb.loc[chosen, "ANL01FL"] = "Y"
    base = lb.loc[baseline, [*series, "AVAL", "LBOPER", "LBNRIND"]]
    base.columns = [*series, "BASE", "BASEOPER", "BNRIND"]
    lb = lb.merge(base, on=series, how="left")
    change = (lb["AVAL"] - lb["BASE"]).round(10)
    lb["CHG"] = change.where(lb["ADY"] > 1)
    lb["PCHG"] = (
        (100 * change / lb["BASE"].abs()).round(10).where((lb["ADY"] > 1) & (lb["BASE"] != 0))
    )
    last = lb[(lb["ANL01FL"] == "Y") & (lb["AVISITN"] > 0)].drop_duplicates(series, keep="last")
    last = last.assign(AVISIT="End of follow-up", AVISITN=99, DTYPE="LOV")
    table = pd.concat([lb, last]).sort_values([*series, "moment", "AVISITN"])
    table.to_parquet(target, compression="zstd", compression_level=1, index=False)


def floor(exports: Path, target: Path) -> None:
    """Read every column as text; write the finished table that Remit left at `target`."""
    import polars as pl

    for export in sorted((exports / "laboratory").glob("*.csv")):
        pl.read_csv(export, infer_schema=False)
    pl.scan_parquet(target).sink_parquet(
        target.with_suffix(".again"), compression="zstd", compression_level=1
    )


if __name__ == "__main__":
    job, exports, target = sys.argv[1:]
    {"duckdb": duckdb, "pandas": pandas, "floor": floor}[job](Path(exports), Path(target))
