# Contract: the accepted rows of all deliveries become one table per domain; the ledger closes.

DOMAIN_OF = {feed: block["domain"] for feed, block in CONFIG["feeds"].items()}
HARMONIZED = [
    f"results/harmonized/{table}.parquet"
    for table in [*DOMAINS, "used", "not_used", "conflicts", "cells"]
]


rule identity:
    input:
        # Judged first; nothing in it decides who is who.
        ledger=rules.gate.output.ledger,
        identities=ingested("identities.parquet", below="results/private"),
    output:
        people="results/private/people.parquet",
        resemblances="results/private/resemblances.csv",
        warnings="results/harmonized/identity_warnings.parquet",
    log:
        "results/logs/identity.log",
    benchmark:
        "results/benchmarks/identity.tsv"
    params:
        spec={"domains": DOMAIN_OF},
        code=code("identity"),
    script:
        "../../scripts/identity.py"


rule harmonize:
    input:
        # Judged first; nothing in them decides what a shard's rows become.
        ledger=rules.gate.output.ledger,
        people=rules.identity.output.people,
        accepted=ingested(sharded("accepted.parquet")),
        quarantine=ingested("quarantine.parquet", "dm", below="results/private"),
    output:
        **{
            domain: sharded(f"results/harmonized/{domain}.parquet")
            for domain in DOMAINS
        },
        used=sharded("results/harmonized/used.parquet"),
        not_used=sharded("results/harmonized/not_used.parquet"),
        conflicts=sharded("results/harmonized/conflicts.parquet"),
        cells=sharded("results/harmonized/cells.parquet"),
    log:
        sharded("results/logs/harmonize.log"),
    benchmark:
        sharded("results/benchmarks/harmonize.tsv")
    resources:
        mem_mb=memory(800, 12),
    params:
        spec={
            "study": CONFIG["study"]["id"],
            "domains": DOMAIN_OF,
            "conflicts": CONFIG["study"]["conflicts"],
        },
        code=code("harmonize"),
    script:
        "../../scripts/harmonize.py"


rule ledger:
    input:
        ledger=rules.gate.output.ledger,
        dm=harmonized("dm"),
        used=harmonized("used"),
        not_used=harmonized("not_used"),
        conflicts=harmonized("conflicts"),
        quarantine=ingested("quarantine.parquet", below="results/private"),
        unmapped=ingested("unmapped.parquet", below="results/private"),
        people=rules.identity.output.people,
        identifiers=ingested("identifiers.parquet", below="results/private"),
    output:
        set_aside="results/harmonized/set_aside.parquet",
        ledger="results/harmonized/ledger.csv",
        quarantine="results/harmonized/quarantine.csv",
        conflicts="results/harmonized/conflicts.csv",
        unmapped="results/harmonized/unmapped.csv",
    log:
        "results/logs/ledger.log",
    benchmark:
        "results/benchmarks/ledger.tsv"
    params:
        spec={"domains": DOMAIN_OF},
        digests=digests(*LABORATORY, "questionnaires"),
        code=code("ledger"),
    script:
        "../../scripts/ledger.py"


rule quality:
    input:
        ledger=rules.ledger.output.ledger,
        quarantine=rules.ledger.output.quarantine,
        set_aside=rules.ledger.output.set_aside,
        conflicts=rules.ledger.output.conflicts,
        dm=harmonized("dm"),
        lb=harmonized("lb"),
        sources=rules.gate.output.ledger,
        identity=rules.identity.output.warnings,
        directions=ingested("directions.parquet", "lb"),
    output:
        warnings="results/quality/warnings.csv",
        summary="results/quality/summary.csv",
        over_time="results/quality/over_time.csv",
        queries="results/quality/queries.csv",
    log:
        "results/logs/quality.log",
    benchmark:
        "results/benchmarks/quality.tsv"
    params:
        spec={},
        digests=digests("analytes"),
        code=code("quality"),
    script:
        "../../scripts/quality.py"
