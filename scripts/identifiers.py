"""Stop the run where anything outside the private results names a person."""

from remit.machinery.job import Files, Spec, run


def identifiers(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write how many files were searched for how many identifiers; fail where any holds one."""
    from pathlib import Path

    from remit.errors import RemitError
    from remit.machinery.write import write_text
    from remit.privacy.identifiers import found_in, masked_text, of_study, shared

    known = of_study(inputs["people"], inputs.all("identifiers"))
    hits = found_in(known, shared(Path()))
    if hits.height:
        files = [f"  - {masked_text(path, known)}: {n} identifiers" for path, n in hits.iter_rows()]
        raise RemitError(
            "\n".join(
                [
                    f"{hits.height} files outside results/private name patients. Nothing of this "
                    "study may be shared until they do not:",
                    *files,
                    "Find the cell of the extract that holds a number or name where none belongs "
                    "(results/private/ingested has what was set aside), correct it by a signed "
                    "decision or leave its row out, and run again. Delete the logs that are named.",
                ]
            )
        )
    told = f"None of the {len(known)} identifiers of the study stands outside results/private.\n"
    write_text(outputs["scan"], told)


run(identifiers, globals(), identified=True)
