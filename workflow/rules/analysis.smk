# Contract: harmonized tables become ADaM data sets. Every rule may read `subjects` (ADSL).

ANALYTES = "resources/analytes.csv"
DERIVED = "resources/derived_parameters.csv"
QUESTIONNAIRE = "resources/questionnaires.csv"
STEROIDS = "resources/steroids.csv"
FREQUENCIES = "resources/frequencies.csv"
DEFINITIONS = [f"resources/definitions/{id}.yaml" for id in CONFIG["responses"]["definitions"]]


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
    params:
        spec=spec("subjects"),
        digests=digests(ANALYTES, DERIVED, QUESTIONNAIRE),
        code=code("subjects"),
    log:
        "results/logs/subjects.log",
    benchmark:
        "results/benchmarks/subjects.tsv"
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
    params:
        spec=spec("visits", "derivations"),
        digests=digests(ANALYTES, DERIVED, QUESTIONNAIRE, STEROIDS, FREQUENCIES),
        code=code("visits"),
    log:
        "results/logs/visits.log",
    benchmark:
        "results/benchmarks/visits.tsv"
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
    params:
        spec=spec("responses", "visits"),
        digests=digests(ANALYTES, DERIVED, *DEFINITIONS),
        code=code("responses"),
    log:
        "results/logs/responses.log",
    benchmark:
        "results/benchmarks/responses.tsv"
    script:
        "../../scripts/responses.py"


rule events:
    input:
        responses=rules.responses.output.responses,
        visits=rules.visits.output.visits,
        subjects=rules.subjects.output.subjects,
    output:
        events="results/analysis/events.parquet",
    params:
        spec=spec("events"),
        code=code("events"),
    log:
        "results/logs/events.log",
    benchmark:
        "results/benchmarks/events.tsv"
    script:
        "../../scripts/events.py"


rule adverse_events:
    input:
        ae=rules.harmonize.output.ae,
        subjects=rules.subjects.output.subjects,
    output:
        adverse_events="results/analysis/adverse_events.parquet",
    params:
        spec=spec("adverse_events"),
        code=code("adverse_events"),
    log:
        "results/logs/adverse_events.log",
    benchmark:
        "results/benchmarks/adverse_events.tsv"
    script:
        "../../scripts/adverse_events.py"


rule exposure:
    input:
        ex=rules.harmonize.output.ex,
        subjects=rules.subjects.output.subjects,
    output:
        exposure="results/analysis/exposure.parquet",
    params:
        spec={},
        code=code("exposure"),
    log:
        "results/logs/exposure.log",
    benchmark:
        "results/benchmarks/exposure.tsv"
    script:
        "../../scripts/exposure.py"
