"""Let the run go on only if every file could be read, or the plan says to go on without it."""

from remit.job import job

with job(snakemake):
    import csv

    from remit.errors import RemitError
    from remit.write import write_text

    lines = []
    unreadable = []
    for path in snakemake.input.ledgers:
        with open(path, encoding="utf-8", newline="") as stream:
            text = stream.read()
        header, *rows = text.splitlines(keepends=True)
        lines += rows if lines else [header, *rows]
        unreadable += [row for row in csv.DictReader(text.splitlines()) if row["status"] != "read"]
    for row in unreadable:
        print(f"{row['feed']}: {row['source_file']}: {row['message']}")
    if unreadable and snakemake.params.spec["on_unreadable"] == "stop":
        listed = "\n".join(f"  - {row['source_file']}: {row['message']}" for row in unreadable)
        raise RemitError(
            f"{len(unreadable)} file(s) could not be read; nothing was analysed anew:\n{listed}\n"
            "Mend or remove them and run again, or set study.on_unreadable to `quarantine` to go "
            "on without them."
        )
    write_text(snakemake.output.ledger, "".join(lines))
