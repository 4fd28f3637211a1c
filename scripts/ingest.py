"""Read deliveries; write their typed rows, what was set aside and why, and their ledgers."""

from remit.machinery.job import Files, Spec, run


def ingest(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the rows of each delivery by their fates; what was kept of one that is the same comes back."""
    from pathlib import Path

    from remit.machinery.kept import KEPT, keep, key_of, restore
    from remit.privacy.key import guard_key

    study = spec["deliveries"][0]["study"]
    # The key may have been lost since the run began; a job makes no other in its place.
    guard_key(Path(study["pseudonym_key"]), Path("results/private"), study["id"])
    for private in outputs.all("identities")[0].parents:
        if private.name == "private":
            private.chmod(0o700)
    for delivery in spec["deliveries"]:
        own = outputs.below(f"{delivery['feed']}/{delivery['delivery']}")
        folder = KEPT / "ingest" / delivery["feed"] / delivery["delivery"]
        if not restore(folder, key_of(delivery), list(own)):
            read_delivery(delivery, own)
            keep(folder, key_of(delivery), list(own))


def read_delivery(spec: Spec, outputs: Files) -> None:
    """Write the rows of one delivery by their fates."""
    from datetime import date
    from pathlib import Path

    import polars as pl

    from remit.errors import RemitError
    from remit.ingest import (
        CONTENT,
        SourceFile,
        dictionaries,
        direct_identifiers,
        on_clock,
        subject_ids,
    )
    from remit.ingest import ingest as read
    from remit.machinery.digests import sha256
    from remit.machinery.shards import split
    from remit.machinery.write import write_csv, write_parquet
    from remit.privacy.key import load_key

    study, feed, delivery = spec["study"], spec["feed"], spec["delivery"]
    root = Path(study["extracts"]) / (spec["columns"].get("from") or feed)
    paths = [Path(path) for path in sorted(spec["files"])]
    cutoff = study["cutoff"]

    decided = None
    if spec["decisions"]:
        of_file = pl.col("row_id").str.extract(r"([0-9a-f]{12})[^-]*$", 1)
        decided = dictionaries.load_decisions(Path(study["decisions"])).filter(
            pl.col("feed") == feed,
            of_file.is_in([sha[:CONTENT] for sha in spec["files"].values()]),
        )
    files = [SourceFile(str(path.relative_to(root)), path) for path in paths]
    ingested = read(
        files,
        feed,
        delivery,
        on_clock(spec["columns"], study),
        dictionaries.loaded(),
        load_key(Path(study["pseudonym_key"])),
        study["id"],
        date.fromisoformat(cutoff) if cutoff else None,
        decided,
        subject_ids.load_links(Path(study["links"])) if study["links"] else None,
        write=lambda accepted: split(accepted, outputs.all("accepted")),
    )
    for path in paths:
        if sha256(path) != spec["files"][str(path)]:
            raise RemitError(
                f"{path} changed while it was being read. Run again when it is complete."
            )
    write_parquet(ingested.quarantine, outputs["quarantine"])
    write_parquet(ingested.unmapped, outputs["unmapped"])
    write_csv(ingested.ledger, outputs["ledger"])
    write_parquet(ingested.directions, outputs["directions"])
    write_parquet(ingested.identities, outputs["identities"])
    named = sorted({*direct_identifiers(files, spec["columns"])})
    write_parquet(pl.DataFrame({"value": named}, {"value": pl.String}), outputs["identifiers"])
    print(ingested.ledger)


run(ingest, globals(), identified=True, keep=False)
