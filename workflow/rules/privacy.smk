# Contract: nothing outside `results/private` names a person; the last job of a run sees to it.

# Some are named although the report needs them too: Snakemake does not miss an intermediate file while
# what was made of it is there, and a killed run may have taken it away.
SHARED = [
    ingested("ledger.csv"),
    [parts(table) for table in HARMONIZED],
    rules.ledger.output,
    COMBINED,
    [rules.events.output, rules.adverse_events.output, rules.exposure.output],
    rules.statistics.output,
    rules.report.output.report,
    rules.report_public.output.report,
    rules.changes.output.changes,
    rules.tables.output,
    rules.listings.output,
    rules.summaries.output,
    rules.what_if.output,
    rules.quality.output,
    [f"results/figures/{figure}.svg" for figure in FIGURES],
]


rule identifiers:
    input:
        people=rules.identity.output.people,
        identifiers=ingested("identifiers.parquet", below="results/private"),
        shared=SHARED,
    output:
        scan="results/quality/identifiers.txt",
    log:
        "results/logs/identifiers.log",
    benchmark:
        "results/benchmarks/identifiers.tsv"
    params:
        spec={},
        code=code("identifiers"),
    script:
        "../../scripts/identifiers.py"
