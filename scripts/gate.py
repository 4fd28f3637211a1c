"""Let the run go on only if every file could be read, or the plan says to go on without it."""

from remit.machinery.job import job

with job(snakemake):
    import csv

    from remit.errors import RemitError
    from remit.machinery.write import whole

    rows = []
    for path in snakemake.input.ledgers:
        with open(path, encoding="utf-8", newline="") as stream:
            rows += csv.DictReader(stream)
    unreadable = [f"  - {row['message']}" for row in rows if row["status"] != "read"]
    print("\n".join(unreadable) or "Every file could be read.")
    if not rows:
        raise RemitError(
            "There is no extract. Put the exports of each feed into a folder of the feed's name "
            "below study.extracts, and see that `files` in the feed's block matches their names."
        )
    if unreadable and snakemake.params.spec["on_unreadable"] == "stop":
        raise RemitError(
            "\n".join(
                [
                    f"Nothing was analysed anew: {len(unreadable)} file(s) could not be read.",
                    *unreadable,
                    "Mend or remove them and run again, or set study.on_unreadable to `quarantine` "
                    "to go on without them.",
                ]
            )
        )
    with (
        whole(snakemake.output.ledger) as partial,
        partial.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
