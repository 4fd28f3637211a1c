# Contract: the accepted rows of all deliveries become one table per domain; the ledger closes.


rule harmonize:
    input:
        ledger=rules.gate.output.ledger,
        accepted=ingested("accepted.parquet"),
        quarantine=ingested("quarantine.parquet"),
        unmapped=ingested("unmapped.parquet"),
        dictionaries=EVERY_DICTIONARY,
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
            "dictionaries": DICTIONARIES,
            "domains": {
                feed: block["domain"] for feed, block in CONFIG["feeds"].items()
            },
        },
        digests=digests(*EVERY_DICTIONARY),
        code=code("harmonize"),
    script:
        "../../scripts/harmonize.py"


rule quality:
    input:
        ledger=rules.harmonize.output.ledger,
        quarantine=rules.harmonize.output.quarantine,
        set_aside=rules.harmonize.output.set_aside,
        lb=rules.harmonize.output.lb,
        sources=rules.gate.output.ledger,
        analytes="resources/analytes.csv",
    output:
        summary="results/quality/summary.csv",
        over_time="results/quality/over_time.csv",
        queries="results/quality/queries.csv",
    log:
        "results/logs/quality.log",
    benchmark:
        "results/benchmarks/quality.tsv"
    params:
        spec={},
        digests=digests("resources/analytes.csv"),
        code=code("quality"),
    script:
        "../../scripts/quality.py"
