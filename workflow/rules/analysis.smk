# Contract: harmonized tables become ADaM data sets. Every rule may read `subjects` (ADSL).

ANALYTES = "resources/analytes.csv"
DERIVED = "resources/derived_parameters.csv"
QUESTIONNAIRE = "resources/questionnaires.csv"
STEROIDS = "resources/steroids.csv"
FREQUENCIES = "resources/frequencies.csv"
CTCAE = "resources/ctcae.csv"
SUMMARIES = [
    "course",
    "concordance",
    "missing_baselines",
    "queries",
    "shift",
    "adherence",
    "steroids",
]
DEFINITIONS = [
    f"resources/definitions/{id}.yaml" for id in CONFIG["responses"]["definitions"]
]


rule subjects:
    input:
        dm=rules.harmonize.output.dm,
        ex=rules.harmonize.output.ex,
        lb=rules.harmonize.output.lb,
        qs=rules.harmonize.output.qs,
        analytes=ANALYTES,
        derived=DERIVED,
        questionnaire=QUESTIONNAIRE,
    output:
        subjects="results/analysis/subjects.parquet",
    log:
        "results/logs/subjects.log",
    benchmark:
        "results/benchmarks/subjects.tsv"
    params:
        spec=spec("subjects"),
        digests=digests(ANALYTES, DERIVED, QUESTIONNAIRE),
        code=code("subjects"),
    script:
        "../../scripts/subjects.py"


rule visits:
    input:
        lb=rules.harmonize.output.lb,
        qs=rules.harmonize.output.qs,
        cm=rules.harmonize.output.cm,
        subjects=rules.subjects.output.subjects,
        analytes=ANALYTES,
        derived=DERIVED,
        questionnaire=QUESTIONNAIRE,
        steroids=STEROIDS,
        frequencies=FREQUENCIES,
    output:
        visits="results/analysis/visits.parquet",
    log:
        "results/logs/visits.log",
    benchmark:
        "results/benchmarks/visits.tsv"
    params:
        spec=spec("visits", "derivations"),
        digests=digests(ANALYTES, DERIVED, QUESTIONNAIRE, STEROIDS, FREQUENCIES),
        code=code("visits"),
    script:
        "../../scripts/visits.py"


rule responses:
    input:
        visits=rules.visits.output.visits,
        subjects=rules.subjects.output.subjects,
        cm=rules.harmonize.output.cm,
        analytes=ANALYTES,
        derived=DERIVED,
        definitions=DEFINITIONS,
    output:
        responses="results/analysis/responses.parquet",
        criteria="results/analysis/criteria.parquet",
    log:
        "results/logs/responses.log",
    benchmark:
        "results/benchmarks/responses.tsv"
    params:
        spec=spec("responses", "visits"),
        digests=digests(ANALYTES, DERIVED, *DEFINITIONS),
        code=code("responses"),
    script:
        "../../scripts/responses.py"


rule events:
    input:
        responses=rules.responses.output.responses,
        visits=rules.visits.output.visits,
        subjects=rules.subjects.output.subjects,
    output:
        events="results/analysis/events.parquet",
    log:
        "results/logs/events.log",
    benchmark:
        "results/benchmarks/events.tsv"
    params:
        spec=spec("events"),
        code=code("events"),
    script:
        "../../scripts/events.py"


rule adverse_events:
    input:
        ae=rules.harmonize.output.ae,
        subjects=rules.subjects.output.subjects,
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
        ex=rules.harmonize.output.ex,
        subjects=rules.subjects.output.subjects,
    output:
        exposure="results/analysis/exposure.parquet",
    log:
        "results/logs/exposure.log",
    benchmark:
        "results/benchmarks/exposure.tsv"
    params:
        spec={},
        code=code("exposure"),
    script:
        "../../scripts/exposure.py"


rule summaries:
    input:
        visits=rules.visits.output.visits,
        responses=rules.responses.output.responses,
        subjects=rules.subjects.output.subjects,
        exposure=rules.exposure.output.exposure,
        lb=rules.harmonize.output.lb,
        qs=rules.harmonize.output.qs,
        cm=rules.harmonize.output.cm,
        analytes=ANALYTES,
        derived=DERIVED,
        questionnaire=QUESTIONNAIRE,
        ctcae=CTCAE,
        steroids=STEROIDS,
        frequencies=FREQUENCIES,
    output:
        **{summary: f"results/summaries/{summary}.csv" for summary in SUMMARIES},
    log:
        "results/logs/summaries.log",
    benchmark:
        "results/benchmarks/summaries.tsv"
    params:
        spec=spec("visits", "derivations", "exposure"),
        digests=digests(ANALYTES, DERIVED, QUESTIONNAIRE, CTCAE, STEROIDS, FREQUENCIES),
        code=code("summaries"),
    script:
        "../../scripts/summaries.py"


rule what_if:
    input:
        visits=rules.visits.output.visits,
        subjects=rules.subjects.output.subjects,
        cm=rules.harmonize.output.cm,
        analytes=ANALYTES,
        derived=DERIVED,
        definitions=DEFINITIONS,
    output:
        what_if="results/summaries/what_if.csv",
    log:
        "results/logs/what_if.log",
    benchmark:
        "results/benchmarks/what_if.tsv"
    params:
        spec=spec("visits", "responses"),
        digests=digests(ANALYTES, DERIVED, *DEFINITIONS),
        code=code("what_if"),
    script:
        "../../scripts/what_if.py"
