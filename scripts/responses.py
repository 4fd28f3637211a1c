"""Decide who responded at which visit, by each definition."""

from remit.job import job
from remit.kept import kept

with job(snakemake), kept(snakemake, "visits", "subjects", "cm"):
    from pathlib import Path

    import polars as pl
    import yaml

    from remit import parameters, windows
    from remit.responses import derive_responses
    from remit.slices import slices
    from remit.write import parquet_parts
    from schemas.analysis import ADRS, CRITERIA

    inputs, output, spec = snakemake.input, snakemake.output, snakemake.params.spec
    definitions = [yaml.safe_load(Path(path).read_text("utf-8")) for path in inputs.definitions]
    analytes = pl.DataFrame(parameters.load(inputs.analytes, inputs.derived))
    planned = windows.compile(spec["visits"])
    tables = {name: inputs[name] for name in ("visits", "cm")}
    with parquet_parts(output.responses) as add, parquet_parts(output.criteria) as add_criteria:
        for subjects, rows in slices(pl.read_parquet(inputs.subjects), tables):
            responses, criteria = derive_responses(
                rows["visits"],
                subjects,
                rows["cm"],
                definitions,
                analytes,
                planned,
                spec["responses"],
            )
            # By subject first, so that neither slices nor shards decide the order.
            add(ADRS.validate(responses.sort("USUBJID", maintain_order=True), lazy=True))
            add_criteria(
                CRITERIA.validate(criteria.sort("USUBJID", maintain_order=True), lazy=True)
            )
