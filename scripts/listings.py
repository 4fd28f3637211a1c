"""Set the listings of subjects, exclusions and data quality in every form people ask for."""

from remit.machinery.job import Files, Spec, run


def listings(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write each listing as HTML, CSV, Word and RTF."""
    import polars as pl

    from remit.machinery.write import write_bytes
    from remit.tables import of_checks
    from remit.tables.files import render
    from remit.words.labels import labels_in

    say = labels_in(spec["language"])
    summaries, quality = (
        {path.stem: pl.read_csv(path, infer_schema_length=None) for path in inputs.all(name)}
        for name in ("summaries", "quality")
    )
    subjects, ledger = pl.read_parquet(inputs["subjects"]), pl.read_csv(inputs["ledger"])
    set_aside = pl.read_csv(inputs["quarantine"], infer_schema_length=None)
    made = {
        table.name: table.noted(spec["note"])
        for table in [
            *of_checks.listings(subjects, summaries, quality, ledger, say),
            of_checks.quarantine(set_aside, say),
        ]
    }
    for path in outputs:
        write_bytes(path, render(made[path.stem], path))


run(listings, globals())
