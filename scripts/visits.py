"""Place every record at its visit and derive baseline and change."""

from remit.job import job

with job(snakemake):
    import polars as pl

    from remit import parameters
    from remit.visits import derive_visits
    from remit.write import write_parquet
    from schemas.analysis import BDS

    inputs, spec = snakemake.input, snakemake.params.spec
    visits = derive_visits(
        *(pl.read_parquet(inputs[table]) for table in ("lb", "qs", "cm", "subjects")),
        pl.DataFrame(parameters.load(inputs.analytes, inputs.derived)),
        spec["visits"],
        spec["derivations"],
        {
            "sledai": pl.read_csv(inputs.questionnaire),
            "steroids": pl.read_csv(inputs.steroids),
            "frequencies": pl.read_csv(inputs.frequencies),
        },
    )
    write_parquet(BDS.validate(visits, lazy=True), snakemake.output.visits)
