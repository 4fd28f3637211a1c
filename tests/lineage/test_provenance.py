from remit.lineage.provenance import File, Job, Run, crate, name_of, reasons

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LOG = """
[Sun Nov 22 11:10:12 2026]
localrule gate:
    input: results/ingested/a/b/ledger.csv
    output: results/ingested/ledger.csv, other.csv
    log: results/logs/gate.log
    reason: Missing output files: results/ingested/ledger.csv
    resources: tmpdir=/tmp
[Sun Nov 22 11:10:30 2026]
"""


def test_a_content_is_named_as_rfc_6920_names_it() -> None:
    # The example of RFC 6920, section 8.1: "Hello World!".
    digest = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"
    assert name_of(digest) == "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"


def test_the_log_tells_why_a_job_ran() -> None:
    assert reasons(LOG) == dict.fromkeys(
        ["results/ingested/ledger.csv", "other.csv"],
        "Missing output files: results/ingested/ledger.csv",
    )


def test_two_files_of_the_same_bytes_are_one_content_with_two_names() -> None:
    job = Job("gate", ("a",), ("b",), "2026-01-01T00:00:00", "2026-01-01T00:00:01", None)
    files = [File("a", EMPTY, 0), File("b", EMPTY, 0)]
    made = crate(Run("S", "T", "", "L", files[:1], files[1:], [job], {"polars": "2.1"}, "abc"))
    entity = made.dereference(name_of(EMPTY))
    assert (entity["name"], entity["alternateName"]) == ("a", ["b"])
