# Remit: from raw laboratory extracts to remission rates. This file is the table of contents;
# every stage has its rules in workflow/rules/ and its code in workflow/remit/.
from snakemake.utils import min_version

from remit.machinery import snakemake_side

min_version("9.27")
snakemake_side.refuse_other_code(workflow)
snakemake_side.start_without_pandas()
snakemake_side.quote_python()


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/harmonize.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        # Named although the report needs them too: Snakemake does not miss an intermediate file
        # while what was made of it is there, and a killed run may have taken it away.
        ingested("ledger.csv"),
        ingested("identities.parquet", below="results/private"),
        ingested("quarantine.parquet", below="results/private"),
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
