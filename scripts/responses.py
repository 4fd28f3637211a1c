"""Decide who responded at which visit, by each definition."""

from remit.machinery.job import job
from remit.machinery.kept import kept

with job(snakemake), kept(snakemake, "visits", "subjects", "cm"):
    from pathlib import Path

    import polars as pl
    import yaml

    from remit.analysis.responses import derive_responses
    from remit.machinery.slices import slices
    from remit.machinery.write import parquet_parts, stream_parquet, streamed
    from remit.plan import parameters, windows
    from remit.schemas.analysis import ADRS, CRITERIA
    from remit.schemas.tables import dtypes

    inputs, output, spec = snakemake.input, snakemake.output, snakemake.params.spec
    definitions = [yaml.safe_load(Path(path).read_text("utf-8")) for path in inputs.definitions]
    analytes = pl.DataFrame(parameters.load(inputs.analytes, inputs.derived))
    planned = windows.compile(spec["visits"])
    tables = {name: inputs[name] for name in ("visits", "cm")}
    with parquet_parts(output.responses) as add:

        def comparisons():
            """A slice of subjects after the other."""
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
                add(ADRS.validate(responses, lazy=True))
                yield CRITERIA.validate(criteria, lazy=True)

        stream_parquet(streamed(comparisons, dtypes(CRITERIA)), output.criteria)
