"""Decide who responded at which visit, by each definition."""

from remit.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl
    import yaml

    from remit import parameters, windows
    from remit.responses import derive_responses
    from remit.write import write_parquet
    from schemas.analysis import ADRS, CRITERIA

    inputs, spec = snakemake.input, snakemake.params.spec
    responses, criteria = derive_responses(
        *(pl.read_parquet(inputs[table]) for table in ("visits", "subjects", "cm")),
        [yaml.safe_load(Path(path).read_text(encoding="utf-8")) for path in inputs.definitions],
        pl.DataFrame(parameters.load(inputs.analytes, inputs.derived)),
        windows.compile(spec["visits"]),
        spec["responses"],
    )
    write_parquet(ADRS.validate(responses, lazy=True), snakemake.output.responses)
    write_parquet(CRITERIA.validate(criteria, lazy=True), snakemake.output.criteria)
