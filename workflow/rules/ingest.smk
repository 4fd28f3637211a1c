# Contract: deliveries become typed rows, each traceable to file and line. One job reads a batch of them;
# each keeps its own outputs, and is read anew only when something that decides it has changed.
# A file that cannot be read is a finding in the ledger; `gate` judges the findings.


BATCHES = delivered.batches(DELIVERIES, SIZES)

for BATCH, MEMBERS in BATCHES.items():

    rule:
        name:
            "ingest" if len(BATCHES) == 1 else f"ingest_{BATCH}"
        input:
            extracts=[file for key in MEMBERS for file in sorted(DELIVERIES[key].files)],
        output:
            **{
                name: of_batch(
                    f"results/private/ingested/{{feed}}/{{delivery}}/{name}.parquet",
                    MEMBERS,
                )
                for name in ("quarantine", "unmapped", "identities", "identifiers")
            },
            accepted=of_batch(
                sharded("results/ingested/{feed}/{delivery}/accepted.parquet"), MEMBERS
            ),
            ledger=of_batch("results/ingested/{feed}/{delivery}/ledger.csv", MEMBERS),
            directions=of_batch(
                "results/ingested/{feed}/{delivery}/directions.parquet", MEMBERS
            ),
            # As it was read: what is shared of it is masked with every identifier of the study.
        log:
            f"results/logs/ingest/{BATCH}.log",
        benchmark:
            f"results/benchmarks/ingest/{BATCH}.tsv"
        resources:
            # One delivery at a time is in memory.
            mem_mb=memory_of(1000 + 6 * max(SIZES[key] for key in MEMBERS) / 1e6),
        params:
            spec={"deliveries": [delivery_spec(*key) for key in MEMBERS]},
            code=code("ingest"),
        script:
            "../../scripts/ingest.py"


rule gate:
    input:
        **{
            name: ingested(f"{name}.parquet", below="results/private")
            for name in ("quarantine", "unmapped", "identities", "identifiers")
        },
        ledgers=ingested("ledger.csv"),
    output:
        ledger="results/ingested/ledger.csv",
    log:
        "results/logs/gate.log",
    benchmark:
        "results/benchmarks/gate.tsv"
    params:
        spec={
            "extracts": CONFIG["study"]["extracts"],
            "feeds": CONFIG["feeds"],
            "on_unreadable": CONFIG["study"]["on_unreadable"],
            "left_aside": delivered.left_aside(
                Path(CONFIG["study"]["extracts"]), CONFIG["feeds"]
            ),
        },
        code=code("gate"),
    script:
        "../../scripts/gate.py"
