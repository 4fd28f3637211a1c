# Contract: everything the stages found becomes one page that works offline.

# What was decided to be public.
PUBLIC_FIGURES = [
    figure for figure in ("trajectories", "response_bars") if figure in FIGURES
]
PUBLIC_TABLES = ["baseline", "paired", "response", "safety"]
REPORTED = [
    "study",
    "derivations",
    "subjects",
    "visits",
    "responses",
    "events",
    "statistics",
    "tables",
    "report",
    "categories",
    "collected",
]

# What a new run is compared with: the results that `make release` put aside.
COMPARED = [
    rules.ledger.output.ledger,
    RESPONSES,
    rules.statistics.output.paired,
    rules.statistics.output.response,
]
RELEASED = [f"results/released/{Path(path).name}" for path in COMPARED]


rule plan:
    output:
        plan="results/plan.yaml",
    log:
        "results/logs/plan.log",
    benchmark:
        "results/benchmarks/plan.tsv"
    params:
        spec=CONFIG,
        code=code("plan"),
    script:
        "../../scripts/plan.py"


rule report:
    input:
        # Whence each number: the lines that stand behind the records of the analysis.
        **{domain: harmonized(domain) for domain in DOMAINS},
        subjects=SUBJECTS,
        visits=VISITS,
        responses=RESPONSES,
        criteria=CRITERIA,
        events=rules.events.output.events,
        event_records=rules.events.output.records,
        adverse_events=rules.adverse_events.output.adverse_events,
        exposure=rules.exposure.output.exposure,
        statistics=[f"results/statistics/{table}.csv" for table in STATISTICS],
        ard=rules.statistics.output.ard,
        summaries=[f"results/summaries/{summary}.csv" for summary in SUMMARIES],
        what_if=rules.what_if.output.what_if,
        quality=[
            f"results/quality/{name}.csv"
            for name in ("warnings", "summary", "over_time", "queries")
        ],
        javascript=rules.javascript.output.javascript,
        ledger=rules.ledger.output.ledger,
        quarantine=rules.ledger.output.quarantine,
        unmapped=rules.ledger.output.unmapped,
        figures=[f"results/figures/{figure}.json" for figure in FIGURES],
        plan=rules.plan.output.plan,
        released=[path for path in RELEASED if Path(path).is_file()],
    output:
        report=report(
            "results/report/report.html",
            caption=f"../report/{CAPTIONS}/report.rst",
            category="Report",
        ),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    params:
        spec=spec(*REPORTED),
        digests=digests("labels", *resources.DERIVED_WITH)
        | definition_digests()
        | page_digests(*FIGURES),
        code=code("report"),
    script:
        "../../scripts/report.py"


rule report_public:
    input:
        subjects=SUBJECTS,
        visits=VISITS,
        statistics=[f"results/statistics/{table}.csv" for table in PUBLIC_TABLES],
        javascript=rules.javascript.output.javascript,
    output:
        report=report(
            "results/report/public.html",
            caption=f"../report/{CAPTIONS}/report_public.rst",
            category="Report",
        ),
    log:
        "results/logs/report_public.log",
    benchmark:
        "results/benchmarks/report_public.tsv"
    params:
        spec=spec(*REPORTED, "figures"),
        digests=digests("labels")
        | definition_digests()
        | page_digests(*(f"public/{figure}" for figure in PUBLIC_FIGURES)),
        code=code("report_public"),
    script:
        "../../scripts/report_public.py"


rule changes:
    input:
        current=COMPARED,
        released=[path for path in RELEASED if Path(path).is_file()],
    output:
        changes=report(
            "results/report/changes.html",
            caption=f"../report/{CAPTIONS}/changes.rst",
            category="Report",
        ),
    log:
        "results/logs/changes.log",
    benchmark:
        "results/benchmarks/changes.tsv"
    params:
        spec=spec("study", "tables"),
        digests=digests("labels") | page_digests(),
        code=code("changes"),
    script:
        "../../scripts/changes.py"
