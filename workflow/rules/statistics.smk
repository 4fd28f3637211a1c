# Contract: analysis data sets become statistics, each a row of `ard`, and wide tables for people.
# One job: the libraries behind it take longer to start than its tables to compute.

TABLES = ["baseline", "paired", "response", "time_to_event", "exposure", "safety"]
# Those of which the study collects and plans something.
SHOWN_TABLES = [
    table
    for table in TABLES
    if {"safety": "ae" in CONFIG["collected"], "time_to_event": CONFIG["events"]}.get(
        table, True
    )
]
STATISTICS = [
    *TABLES,
    "shift",
    "response_trend",
    "longitudinal",
    "sensitivity",
    "regression_to_mean",
]


rule statistics:
    input:
        subjects=SUBJECTS,
        visits=VISITS,
        responses=RESPONSES,
        events=rules.events.output.events,
        adverse_events=rules.adverse_events.output.adverse_events,
        exposure=rules.exposure.output.exposure,
    output:
        **{table: f"results/statistics/{table}.csv" for table in STATISTICS},
        ard="results/statistics/ard.parquet",
    log:
        "results/logs/statistics.log",
    benchmark:
        "results/benchmarks/statistics.tsv"
    params:
        spec=spec("statistics", "categories", "collected", "dosing", "adverse_events"),
        digests=digests(*PARAMETERS),
        code=code("statistics"),
    script:
        "../../scripts/statistics.py"
