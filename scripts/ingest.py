"""Read one delivery; write its typed rows, what was set aside and why, and its ledger."""

from remit.machinery.job import job

with job(snakemake, identified=True):
    from datetime import date
    from pathlib import Path

    from remit.errors import RemitError
    from remit.ingest import SourceFile, dictionaries, ingest
    from remit.machinery.digests import sha256
    from remit.machinery.shards import split
    from remit.machinery.write import write_csv, write_parquet
    from remit.privacy.key import guard_key, load_key

    feed, delivery = snakemake.wildcards.feed, snakemake.wildcards.delivery
    spec = snakemake.params.spec
    root = Path(spec["study"]["extracts"]) / feed
    paths = [Path(path) for path in snakemake.input.extracts]
    cutoff = spec["study"]["cutoff"]

    # The key may have been lost since the run began; a job makes no other in its place.
    key_file = Path(spec["study"]["pseudonym_key"])
    guard_key(key_file, Path("results/private"), spec["study"]["id"])

    decided = None
    if spec["decisions"]:
        decided = dictionaries.load_decisions(Path(spec["study"]["decisions"])).filter(
            feed=feed, delivery=delivery
        )
    found = ingest(
        [SourceFile(str(path.relative_to(root)), path) for path in paths],
        feed,
        delivery,
        spec["feed"],
        dictionaries.load(Path(spec["dictionaries"])),
        load_key(key_file),
        spec["study"]["id"],
        date.fromisoformat(cutoff) if cutoff else None,
        decided,
        write=lambda accepted: split(accepted, snakemake.output.accepted),
    )
    for path in paths:
        if sha256(path) != snakemake.params.digests[str(path)]:
            raise RemitError(
                f"{path} changed while it was being read. Run again when it is complete."
            )
    for private in Path(snakemake.output.identities).parents:
        if private.name == "private":
            private.chmod(0o700)
    write_parquet(found.quarantine, snakemake.output.quarantine)
    write_parquet(found.unmapped, snakemake.output.unmapped)
    write_csv(found.ledger, snakemake.output.ledger)
    write_parquet(found.identities, snakemake.output.identities)
    write_parquet(found.private_quarantine, snakemake.output.private_quarantine)
    print(found.ledger)
