"""Place every record at its visit and derive baseline and change."""

from remit.machinery.job import job
from remit.machinery.kept import kept

with job(snakemake), kept(snakemake, "lb", "qs", "cm", "subjects"):
    import polars as pl

    from remit.analysis.visits import derive_visits
    from remit.machinery.slices import slices
    from remit.machinery.write import stream_parquet, streamed
    from remit.packs.derivations import records
    from remit.plan import parameters
    from remit.schemas.analysis import BDS
    from remit.schemas.tables import dtypes

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
            dated = records(*rows.values(), subjects, analytes, spec["derivations"], dictionaries)
            derived = derive_visits(dated, subjects, analytes, spec["visits"])
            yield BDS.validate(derived, lazy=True)

    stream_parquet(streamed(visits, dtypes(BDS)), snakemake.output.visits)
