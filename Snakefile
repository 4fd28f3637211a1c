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
include: "workflow/rules/privacy.smk"


rule all:
    default_target: True
    input:
        SHARED,
        ingested("identities.parquet", below="results/private"),
        ingested("quarantine.parquet", below="results/private"),
        rules.identifiers.output,
