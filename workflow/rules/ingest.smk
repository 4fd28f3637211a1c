# Contract: one job per delivery turns raw files into typed rows, each traceable to file and line.
# A file that cannot be read is a finding in the ledger; `gate` judges the findings.


rule ingest:
    input:
        extracts=lambda wildcards: sorted(
            DELIVERIES[wildcards.feed, wildcards.delivery].files
        ),
    output:
        accepted=parts("results/ingested/{feed}/{delivery}/accepted.parquet"),
        ledger="results/ingested/{feed}/{delivery}/ledger.csv",
        # As it was read: what is shared of it is masked with every identifier of the study.
        quarantine="results/private/ingested/{feed}/{delivery}/quarantine.parquet",
        unmapped="results/private/ingested/{feed}/{delivery}/unmapped.parquet",
        identities="results/private/ingested/{feed}/{delivery}/identities.parquet",
        identifiers="results/private/ingested/{feed}/{delivery}/identifiers.parquet",
    log:
        "results/logs/ingest/{feed}/{delivery}.log",
    benchmark:
        "results/benchmarks/ingest/{feed}/{delivery}.tsv"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt
        * round(1000 + 6 * input.size_mb),
    params:
        spec=lambda wildcards: {
            "study": {
                key: CONFIG["study"][key]
                for key in ("id", "extracts", "pseudonym_key", "cutoff", "timezone", "decisions")
            },
            "feed": wildcards.feed,
            "delivery": wildcards.delivery,
            "columns": CONFIG["feeds"][wildcards.feed],
            "files": DELIVERIES[wildcards.feed, wildcards.delivery].files,
            "decisions": delivered.decisions(
                CONFIG["study"]["decisions"], wildcards.feed, wildcards.delivery
            ),
        },
        digests=lambda wildcards: digests(
            *DICTIONARIES.get(CONFIG["feeds"][wildcards.feed]["domain"], [])
        )
        | joined(wildcards.feed),
        code=code("ingest"),
    script:
        "../../scripts/ingest.py"


rule gate:
    input:
        ledgers=ingested("ledger.csv"),
    output:
        ledger="results/ingested/ledger.csv",
    log:
        "results/logs/gate.log",
    benchmark:
        "results/benchmarks/gate.tsv"
    params:
        spec={"on_unreadable": CONFIG["study"]["on_unreadable"]},
        code=code("gate"),
    script:
        "../../scripts/gate.py"
