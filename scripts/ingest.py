"""Read one delivery; write its typed rows, what was set aside and why, and its ledger."""

from remit.machinery.job import Files, Spec, run


def ingest(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the rows of a delivery by their fates."""
    from datetime import date
    from pathlib import Path

    import polars as pl

    from remit.errors import RemitError
    from remit.ingest import SourceFile, dictionaries, direct_identifiers, on_clock
    from remit.ingest import ingest as read
    from remit.machinery.digests import sha256
    from remit.machinery.shards import split
    from remit.machinery.write import write_csv, write_parquet
    from remit.privacy.key import guard_key, load_key

    study, feed, delivery = spec["study"], spec["feed"], spec["delivery"]
    root = Path(study["extracts"]) / (spec["columns"].get("from") or feed)
    paths = inputs.all("extracts")
    cutoff = study["cutoff"]

    # The key may have been lost since the run began; a job makes no other in its place.
    key_file = Path(study["pseudonym_key"])
    guard_key(key_file, Path("results/private"), study["id"])

    decided = None
    if spec["decisions"]:
        decided = dictionaries.load_decisions(Path(study["decisions"])).filter(
            feed=feed, delivery=delivery
        )
    files = [SourceFile(str(path.relative_to(root)), path) for path in paths]
    ingested = read(
        files,
        feed,
        delivery,
        on_clock(spec["columns"], study),
        dictionaries.load(),
        load_key(key_file),
        study["id"],
        date.fromisoformat(cutoff) if cutoff else None,
        decided,
        write=lambda accepted: split(accepted, outputs.all("accepted")),
    )
    for path in paths:
        if sha256(path) != spec["files"][str(path)]:
            raise RemitError(
                f"{path} changed while it was being read. Run again when it is complete."
            )
    for private in outputs["identities"].parents:
        if private.name == "private":
            private.chmod(0o700)
    write_parquet(ingested.quarantine, outputs["quarantine"])
    write_parquet(ingested.unmapped, outputs["unmapped"])
    write_csv(ingested.ledger, outputs["ledger"])
    write_parquet(ingested.identities, outputs["identities"])
    named = sorted({*direct_identifiers(files, spec["columns"])})
    write_parquet(pl.DataFrame({"value": named}, {"value": pl.String}), outputs["identifiers"])
    print(ingested.ledger)


run(ingest, globals(), identified=True)
