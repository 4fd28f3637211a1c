"""Count what every other rule for choosing records would change."""

from remit.machinery.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl
    import yaml

    from remit.analysis.what_if import what_if
    from remit.machinery.write import write_csv
    from remit.plan import parameters

    inputs, spec = snakemake.input, snakemake.params.spec
    table = what_if(
        *(pl.read_parquet(inputs[table]) for table in ("visits", "subjects", "cm")),
        [yaml.safe_load(Path(path).read_text(encoding="utf-8")) for path in inputs.definitions],
        pl.DataFrame(parameters.load(inputs.analytes, inputs.derived)),
        spec["visits"],
        spec["responses"],
    )
    write_csv(table, snakemake.output.what_if)
