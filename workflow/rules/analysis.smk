# Contract: harmonized tables become ADaM data sets. Every rule may read `subjects` (ADSL).

# What every parameter of the analysis is named by.
PARAMETERS = ["analytes", "derived_parameters"]
SUBJECTS = "results/analysis/subjects.parquet"
VISITS = "results/analysis/visits.parquet"
RESPONSES = "results/analysis/responses.parquet"
CRITERIA = "results/analysis/criteria.parquet"
COMBINED = [SUBJECTS, VISITS, RESPONSES, CRITERIA]
SUMMARIES = [
    "course",
    "concordance",
    "missing_baselines",
    "queries",
    "unused",
    "shift",
    *(["adherence"] if CONFIG["exposure"] else []),
    *(["cumulative_doses"] if CONFIG["derivations"]["daily_doses"] else []),
]


rule subjects:
    input:
        dm=rules.harmonize.output.dm,
        ex=rules.harmonize.output.ex,
        lb=rules.harmonize.output.lb,
        qs=rules.harmonize.output.qs,
    output:
        subjects=sharded(SUBJECTS),
    log:
        sharded("results/logs/subjects.log"),
    benchmark:
        sharded("results/benchmarks/subjects.tsv")
    resources:
        mem_mb=memory(600, 3),
    params:
        spec=spec("subjects", "collected", "derivations"),
        digests=digests(*PARAMETERS, *resources.DERIVED_WITH),
        code=code("subjects"),
    script:
        "../../scripts/subjects.py"


rule visits:
    input:
        lb=rules.harmonize.output.lb,
        qs=rules.harmonize.output.qs,
        cm=rules.harmonize.output.cm,
        subjects=rules.subjects.output.subjects,
    output:
        visits=sharded(VISITS),
    log:
        sharded("results/logs/visits.log"),
    benchmark:
        sharded("results/benchmarks/visits.tsv")
    resources:
        mem_mb=memory(2000, 0),
    params:
        spec=spec("visits", "derivations"),
        digests=digests(*PARAMETERS, *resources.DERIVED_WITH),
        code=code("visits"),
    script:
        "../../scripts/visits.py"


rule responses:
    input:
        visits=rules.visits.output.visits,
        subjects=rules.subjects.output.subjects,
        cm=rules.harmonize.output.cm,
    output:
        responses=sharded(RESPONSES),
        criteria=sharded(CRITERIA),
    log:
        sharded("results/logs/responses.log"),
    benchmark:
        sharded("results/benchmarks/responses.tsv")
    resources:
        mem_mb=memory(3000, 0),
    params:
        spec=spec("responses", "visits")
        | {"censored": (CONFIG["statistics"] or {}).get("censored", "bound")},
        digests=digests(*PARAMETERS) | definition_digests(),
        code=code("responses"),
    script:
        "../../scripts/responses.py"


if len(SHARDS) > 1:

    rule combine:
        input:
            parts=lambda wildcards: parts(f"results/analysis/{wildcards.table}.parquet"),
        output:
            table="results/analysis/{table}.parquet",
        log:
            "results/logs/combine/{table}.log",
        benchmark:
            "results/benchmarks/combine/{table}.tsv"
        wildcard_constraints:
            table="|".join(Path(table).stem for table in COMBINED),
        params:
            spec={},
            code=code("combine"),
        script:
            "../../scripts/combine.py"


rule events:
    input:
        responses=RESPONSES,
        visits=VISITS,
        subjects=SUBJECTS,
    output:
        events="results/analysis/events.parquet",
        records="results/analysis/event_records.parquet",
    log:
        "results/logs/events.log",
    benchmark:
        "results/benchmarks/events.tsv"
    params:
        spec=spec("events", "categories"),
        code=code("events"),
    script:
        "../../scripts/events.py"


rule adverse_events:
    input:
        ae=harmonized("ae"),
        subjects=SUBJECTS,
    output:
        adverse_events="results/analysis/adverse_events.parquet",
    log:
        "results/logs/adverse_events.log",
    benchmark:
        "results/benchmarks/adverse_events.tsv"
    params:
        spec=spec("adverse_events"),
        code=code("adverse_events"),
    script:
        "../../scripts/adverse_events.py"


rule exposure:
    input:
        ex=harmonized("ex"),
        subjects=SUBJECTS,
    output:
        exposure="results/analysis/exposure.parquet",
    log:
        "results/logs/exposure.log",
    benchmark:
        "results/benchmarks/exposure.tsv"
    params:
        spec={"drugs": CONFIG["subjects"]["treatment"]["drugs"]},
        code=code("exposure"),
    script:
        "../../scripts/exposure.py"


rule summaries:
    input:
        **{domain: harmonized(domain) for domain in ("dm", "ex", "lb", "qs", "cm")},
        visits=VISITS,
        responses=RESPONSES,
        subjects=SUBJECTS,
        exposure=rules.exposure.output.exposure,
    output:
        **{summary: f"results/summaries/{summary}.csv" for summary in SUMMARIES},
    log:
        "results/logs/summaries.log",
    benchmark:
        "results/benchmarks/summaries.tsv"
    params:
        spec=spec("visits", "derivations", "exposure", "categories")
        | {
            "unused": {
                "parameters": CONFIG["used"],
                "said": [
                    criterion["present"]
                    for criterion in CONFIG["subjects"]["eligibility"]
                    if criterion["present"]
                ],
                "drugs": CONFIG["subjects"]["treatment"]["drugs"],
                "rescue": (CONFIG["responses"]["rescue"] or {"drugs": []})["drugs"],
                "daily_doses": CONFIG["derivations"]["daily_doses"],
            }
        },
        digests=digests(*PARAMETERS, "ctcae", *resources.DERIVED_WITH),
        code=code("summaries"),
    script:
        "../../scripts/summaries.py"


rule what_if:
    input:
        visits=VISITS,
        subjects=SUBJECTS,
        cm=harmonized("cm"),
    output:
        what_if="results/summaries/what_if.csv",
    log:
        "results/logs/what_if.log",
    benchmark:
        "results/benchmarks/what_if.tsv"
    params:
        spec=spec("visits", "responses"),
        digests=digests(*PARAMETERS) | definition_digests(),
        code=code("what_if"),
    script:
        "../../scripts/what_if.py"
