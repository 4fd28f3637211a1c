"""Derive the subject-level data set: treatment, sets, reasons for exclusion."""

from remit.machinery.job import job
from remit.machinery.kept import kept

with job(snakemake), kept(snakemake, "dm", "ex", "lb", "qs"):
    import polars as pl

    from remit.analysis.subjects import derive_subjects, laboratory_tests
    from remit.machinery.write import stream_parquet
    from remit.packs.lupus import sledai
    from remit.plan import parameters
    from remit.schemas.analysis import ADSL

    inputs, spec = snakemake.input, snakemake.params.spec["subjects"]
    tests = pl.col("LBTESTCD").is_in(laboratory_tests(spec))
    subjects = derive_subjects(
        pl.read_parquet(inputs.dm),
        pl.read_parquet(inputs.ex),
        pl.scan_parquet(inputs.lb).filter(tests).collect(engine="streaming"),
        sledai.totals(pl.read_parquet(inputs.qs), pl.read_csv(inputs.questionnaire)),
        pl.DataFrame(parameters.load(inputs.analytes, inputs.derived)),
        spec,
    )
    stream_parquet(ADSL.validate(subjects, lazy=True).lazy(), snakemake.output.subjects)
