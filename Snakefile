# Remit: from raw laboratory extracts to remission rates. This file is the table of contents;
# every stage has its rules in workflow/rules/ and its code in workflow/remit/.
import sys

from snakemake.utils import min_version

min_version("9.27")
sys.path.insert(0, f"{workflow.basedir}/workflow")
# Snakemake asks of every parameter whether it is a pandas frame, and imports pandas to ask. Ours are
# plain values; importing it would be a fifth of every start.
sys.modules.setdefault("pandas", None)


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


onstart:
    freeze_deliveries()
    # A pass of the scheduler under a limit of jobs per second asks for another pass one second later,
    # and each looks at the size of every input of every job that could start: after a hundred jobs
    # these passes are a quarter of what a run costs. Remit's jobs end more slowly than the limit allows.
    workflow.scheduler.job_rate_limiter = None


onsuccess:
    forget_partial("results")
    forget_partial(MEMORY)
    forget_withdrawn(DELIVERIES)
    forget_other_shards(COMBINED, [*HARMONIZED, *ingested("accepted.parquet")])
    write_provenance(log)
    print("The report is at results/report/report.html")
