"""Derive the subject-level data set: treatment, sets, reasons for exclusion."""

from remit.job import job
from remit.kept import kept

with job(snakemake), kept(snakemake, "dm", "ex", "lb", "qs"):
    import polars as pl

    from remit import parameters
    from remit.subjects import derive_subjects
    from remit.write import stream_parquet
    from schemas.analysis import ADSL

    inputs = snakemake.input
    subjects = derive_subjects(
        *(pl.read_parquet(inputs[domain]) for domain in ("dm", "ex", "lb", "qs")),
        pl.DataFrame(parameters.load(inputs.analytes, inputs.derived)),
        pl.read_csv(inputs.questionnaire),
        snakemake.params.spec["subjects"],
    )
    stream_parquet(ADSL.validate(subjects, lazy=True).lazy(), snakemake.output.subjects)
