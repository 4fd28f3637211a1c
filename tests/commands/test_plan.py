"""What `remit plan` says a run would do."""

from remit.commands.plan import told

DRY = """rule ingest:
    output: results/ingested/lab/july-1a2b3c4d/ledger.csv, results/ingested/lab/july-1a2b3c4d/x.parquet
    reason: Missing output files: results/ingested/lab/july-1a2b3c4d/accepted.parquet
rule harmonize:
    reason: Set of input files has changed since last execution; Input files updated by another job
rule figure:
    reason: Input files updated by another job: results/x
rule all:
    reason: Input files updated by another job: results/x
"""


def test_a_dry_run_is_told_in_words() -> None:
    deliveries = {"new": ["July.csv of lab"], "changed": [], "gone": ["May.csv of lab"]}
    assert list(told(DRY.splitlines(), deliveries)) == [
        "new (1): July.csv of lab",
        "gone (1): May.csv of lab",
        "3 jobs of 3 rules would run:",
        "  what it reads is made anew: figure",
        "  deliveries came or went: harmonize",
        "  not made yet: ingest",
    ]
    (nothing,) = told(["Nothing to be done"], {})
    assert nothing.startswith("A run would do nothing")
