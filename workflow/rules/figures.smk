# Contract: one rule per figure; each draws from analysis data sets and statistics, in every form.

LABELS = "resources/labels.csv"


def drawn(figure):
    """The files of a figure; the SVG is the one that Snakemake's own report shows."""
    return {
        "svg": report(
            f"results/figures/{figure}.svg",
            caption=f"../report/captions/{figure}.rst",
            category="Figures",
            labels={"figure": figure.replace("_", " ")},
        ),
        "png": f"results/figures/{figure}.png",
        "html": f"results/figures/{figure}.html",
        "json": f"results/figures/{figure}.json",
    }


def shown(block):
    """A figure's or table's options with what all of them carry: language and the study's note."""
    study = CONFIG["study"]
    return block | {"language": study["language"], "note": study.get("note", "")}


rule trajectories:
    input:
        visits=rules.visits.output.visits,
        subjects=rules.subjects.output.subjects,
        paired=rules.statistics.output.paired,
        labels=LABELS,
    output:
        **drawn("trajectories"),
    log:
        "results/logs/trajectories.log",
    benchmark:
        "results/benchmarks/trajectories.tsv"
    params:
        spec=shown(CONFIG["figures"]["trajectories"]),
        digests=digests(LABELS),
        code=code("trajectories"),
    script:
        "../../scripts/trajectories.py"


rule patient_lines:
    input:
        visits=rules.visits.output.visits,
        subjects=rules.subjects.output.subjects,
        labels=LABELS,
    output:
        **drawn("patient_lines"),
    log:
        "results/logs/patient_lines.log",
    benchmark:
        "results/benchmarks/patient_lines.tsv"
    params:
        spec=shown(CONFIG["figures"]["patient_lines"]),
        digests=digests(LABELS),
        code=code("patient_lines"),
    script:
        "../../scripts/patient_lines.py"


rule response_bars:
    input:
        responses=rules.responses.output.responses,
        subjects=rules.subjects.output.subjects,
        labels=LABELS,
    output:
        **drawn("response_bars"),
    log:
        "results/logs/response_bars.log",
    benchmark:
        "results/benchmarks/response_bars.tsv"
    params:
        spec=shown(CONFIG["figures"]["response_bars"]),
        digests=digests(LABELS),
        code=code("response_bars"),
    script:
        "../../scripts/response_bars.py"


rule swimmer:
    input:
        subjects=rules.subjects.output.subjects,
        exposure=rules.exposure.output.exposure,
        responses=rules.responses.output.responses,
        adverse_events=rules.adverse_events.output.adverse_events,
        labels=LABELS,
    output:
        **drawn("swimmer"),
    log:
        "results/logs/swimmer.log",
    benchmark:
        "results/benchmarks/swimmer.tsv"
    params:
        spec=shown(CONFIG["figures"]["swimmer"]),
        digests=digests(LABELS),
        code=code("swimmer"),
    script:
        "../../scripts/swimmer.py"
