# Contract: the accepted rows of all deliveries become one table per domain; the ledger closes.


rule harmonize:
    input:
        ledger=rules.gate.output.ledger,
        accepted=ingested("accepted.parquet"),
        quarantine=ingested("quarantine.parquet"),
        unmapped=ingested("unmapped.parquet"),
    output:
        **{domain: f"results/harmonized/{domain}.parquet" for domain in DOMAINS},
        set_aside="results/harmonized/set_aside.parquet",
        ledger="results/harmonized/ledger.csv",
        quarantine="results/harmonized/quarantine.csv",
        unmapped="results/harmonized/unmapped.csv",
    log:
        "results/logs/harmonize.log",
    benchmark:
        "results/benchmarks/harmonize.tsv"
    params:
        spec={
            "study": CONFIG["study"]["id"],
            "domains": {
                feed: block["domain"] for feed, block in CONFIG["feeds"].items()
            },
        },
        code=code("harmonize"),
    script:
        "../../scripts/harmonize.py"
