# Contract: everything the stages found becomes one page that works offline.

FIGURES = [
    "trajectories",
    "patient_lines",
    "response_bars",
    "swimmer",
    "waterfall",
    "before_after",
    "time_to_response",
    "steroids",
    "adverse_event_dots",
    "sledai_domains",
    "missingness",
    "concordance",
    "specification_curve",
    "extract_changes",
]
TEMPLATES = ["report.html.j2", "parts.html.j2", "report.css", "report.js"]


rule report:
    input:
        subjects=rules.subjects.output.subjects,
        visits=rules.visits.output.visits,
        responses=rules.responses.output.responses,
        criteria=rules.responses.output.criteria,
        adverse_events=rules.adverse_events.output.adverse_events,
        exposure=rules.exposure.output.exposure,
        statistics=[f"results/statistics/{table}.csv" for table in TABLES],
        ledger=rules.harmonize.output.ledger,
        quarantine=rules.harmonize.output.quarantine,
        unmapped=rules.harmonize.output.unmapped,
        figures=[f"results/figures/{figure}.json" for figure in FIGURES],
        captions=[f"workflow/report/captions/{figure}.rst" for figure in FIGURES],
        definitions=DEFINITIONS,
        templates=[f"workflow/report/{template}" for template in TEMPLATES],
        labels=LABELS,
    output:
        report=report(
            "results/report/report.html",
            caption="../report/captions/report.rst",
            category="Report",
        ),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    params:
        spec=spec(
            "study",
            "subjects",
            "visits",
            "responses",
            "statistics",
            "tables",
            "report",
        ),
        digests=digests(
            LABELS,
            *DEFINITIONS,
            *(f"workflow/report/captions/{figure}.rst" for figure in FIGURES),
            *(f"workflow/report/{template}" for template in TEMPLATES),
        ),
        code=code("report"),
    script:
        "../../scripts/report.py"
