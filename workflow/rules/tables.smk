# Contract: the wide statistics become tables for people.


rule tables:
    input:
        **{table: f"results/statistics/{table}.csv" for table in TABLES},
        labels=LABELS,
    output:
        **{
            table: report(
                f"results/tables/{table}.html",
                caption="../report/captions/tables.rst",
                category="Tables",
                labels={"table": table.replace("_", " ")},
            )
            for table in TABLES
        },
        files=[
            f"results/tables/{table}.{form}"
            for table in TABLES
            for form in ("csv", "docx", "rtf")
        ],
    log:
        "results/logs/tables.log",
    benchmark:
        "results/benchmarks/tables.tsv"
    params:
        spec=shown(CONFIG["tables"]),
        digests=digests(LABELS),
        code=code("tables"),
    script:
        "../../scripts/tables.py"
