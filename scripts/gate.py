"""Let the run go on only if every file could be read, and used, or the plan says to go on without it."""

from remit.machinery.job import Files, Spec, run


def gate(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the ledgers of all deliveries as one, with what lies beside them and is not read."""
    import csv
    from pathlib import Path

    import polars as pl

    from remit.errors import RemitError
    from remit.ingest.remedies import of_another_feed, of_unusable, unusable
    from remit.machinery.deliveries import folder_of
    from remit.machinery.write import inert, whole
    from remit.privacy.identifiers import masked, telling

    rows: list[dict[str, str]] = []
    for path in inputs.all("ledgers"):
        with path.open(encoding="utf-8", newline="") as stream:
            rows += csv.DictReader(stream)
    extracts, feeds = Path(spec["extracts"]), spec["feeds"]
    unreadable = [
        f"  - {of_another_feed(path, row['feed'], extracts, feeds) or row['message']}"
        for row in rows
        if row["status"] != "read"
        for path in [folder_of(extracts, row["feed"], feeds) / row["source_file"]]
    ]
    if not unreadable:
        print("Every file could be read.")
    for entry in spec["left_aside"]:
        print(f"Left aside: {entry['feed']}/{entry['source_file']}: {entry['message']}")
    if not rows:
        raise RemitError(
            "There is no extract. Put the exports of each feed into a folder of the feed's name "
            "below study.extracts, and see that `files` in the feed's block matches their names."
        )
    fates = dict.fromkeys(("read", "accepted", "quarantined", "unmapped", "filtered"), "0")
    rows += [
        dict.fromkeys(rows[0], "")
        | {"status": "left aside"}
        | fates
        | {name: inert(text) for name, text in entry.items()}
        for entry in spec["left_aside"]
    ]
    unused = []
    if found := unusable(rows):
        identifiers = telling(
            value
            for name, column in (("identities", "SUBJID"), ("identifiers", "value"))
            for path in inputs.all(name)
            for value in pl.read_parquet(path, columns=[column])[column]
        )
        quarantine, unmapped = (
            masked(pl.concat(map(pl.read_parquet, inputs.all(name))), identifiers)
            for name in ("quarantine", "unmapped")
        )
        unused = [
            f"  - {of_unusable(feed, n, quarantine, unmapped, feeds)}" for feed, n in found.items()
        ]
    if (unreadable or unused) and spec["on_unreadable"] == "stop":
        counts = [
            (len(unreadable), "file(s) could not be read"),
            (len(unused), "feed(s) gave no row that could be used"),
        ]
        raise RemitError(
            "\n".join(
                [
                    "Nothing was analysed anew: "
                    + ", ".join(f"{n} {what}" for n, what in counts if n)
                    + ".",
                    *unreadable,
                    *unused,
                    "Mend or remove them and run again, or set study.on_unreadable to `quarantine` "
                    "to go on without them.",
                ]
            )
        )
    print(*unreadable, *unused, sep="\n")
    with (
        whole(outputs["ledger"]) as partial,
        partial.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


run(gate, globals(), identified=True)
