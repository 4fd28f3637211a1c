# Contract: the wide statistics, and who and what was left out, become tables for people.
LISTINGS = [
    "subjects",
    "exclusions",
    "missing_baselines",
    "unused",
    "quarantine",
    "warnings",
    "queries",
    "reconciliation",
    "kahn",
    "over_time",
]


rule tables:
    input:
        **{table: f"results/statistics/{table}.csv" for table in SHOWN_TABLES},
    output:
        **tabled(SHOWN_TABLES),
    log:
        "results/logs/tables.log",
    benchmark:
        "results/benchmarks/tables.tsv"
    params:
        spec=shown(CONFIG["tables"], **INTERVALS, **CATEGORIES),
        digests=digests("labels"),
        code=code("tables"),
    script:
        "../../scripts/tables.py"


rule listings:
    input:
        subjects=SUBJECTS,
        summaries=[
            f"results/summaries/{name}.csv"
            for name in ("queries", "missing_baselines", "unused")
        ],
        quality=[
            f"results/quality/{name}.csv"
            for name in ("warnings", "summary", "over_time", "queries")
        ],
        ledger=rules.ledger.output.ledger,
        quarantine=rules.ledger.output.quarantine,
    output:
        **tabled(LISTINGS),
    log:
        "results/logs/listings.log",
    benchmark:
        "results/benchmarks/listings.tsv"
    params:
        spec=shown({}),
        digests=digests("labels"),
        code=code("listings"),
    script:
        "../../scripts/listings.py"
