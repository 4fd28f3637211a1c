"""Place every record at its visit and derive baseline and change."""

from remit.job import job
from remit.kept import kept

with job(snakemake), kept(snakemake, "lb", "qs", "cm", "subjects"):
    import polars as pl

    from remit import parameters
    from remit.slices import slices
    from remit.visits import derive_visits
    from remit.write import stream_parquet, streamed
    from schemas.analysis import BDS
    from schemas.tables import dtypes

    inputs, spec = snakemake.input, snakemake.params.spec
    analytes = pl.DataFrame(parameters.load(inputs.analytes, inputs.derived))
    dictionaries = {
        "sledai": pl.read_csv(inputs.questionnaire),
        "steroids": pl.read_csv(inputs.steroids),
        "frequencies": pl.read_csv(inputs.frequencies),
    }
    tables = {name: inputs[name] for name in ("lb", "qs", "cm")}

    def visits():
        """A slice of subjects after the other."""
        for subjects, rows in slices(pl.read_parquet(inputs.subjects), tables):
            derived = derive_visits(
                *rows.values(),
                subjects,
                analytes,
                spec["visits"],
                spec["derivations"],
                dictionaries,
            )
            yield BDS.validate(derived, lazy=True)

    stream_parquet(streamed(visits, dtypes(BDS)), snakemake.output.visits)
