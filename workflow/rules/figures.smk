# Contract: one rule per figure of the plan; each draws from analysis data sets and statistics, in every form.


rule javascript:
    output:
        javascript="results/figures/vega.js",
    log:
        "results/logs/javascript.log",
    benchmark:
        "results/benchmarks/javascript.tsv"
    params:
        code=code("javascript"),
        spec={},
    script:
        "../../scripts/javascript.py"


if "trajectories" in FIGURES:

    rule trajectories:
        input:
            visits=VISITS,
            subjects=SUBJECTS,
            paired=rules.statistics.output.paired,
        output:
            **drawn("trajectories"),
        log:
            "results/logs/trajectories.log",
        benchmark:
            "results/benchmarks/trajectories.tsv"
        params:
            spec=shown(
                FIGURES["trajectories"], alpha=significance(CONFIG["statistics"])
            ),
            digests=digests("labels"),
            code=code("trajectories"),
        script:
            "../../scripts/trajectories.py"


if "patient_lines" in FIGURES:

    rule patient_lines:
        input:
            visits=VISITS,
            subjects=SUBJECTS,
        output:
            **drawn("patient_lines"),
        log:
            "results/logs/patient_lines.log",
        benchmark:
            "results/benchmarks/patient_lines.tsv"
        params:
            spec=shown(FIGURES["patient_lines"]),
            digests=digests("labels"),
            code=code("patient_lines"),
        script:
            "../../scripts/patient_lines.py"


if "response_bars" in FIGURES:

    rule response_bars:
        input:
            responses=RESPONSES,
            subjects=SUBJECTS,
        output:
            **drawn("response_bars"),
        log:
            "results/logs/response_bars.log",
        benchmark:
            "results/benchmarks/response_bars.tsv"
        params:
            spec=shown(FIGURES["response_bars"], **CATEGORIES),
            digests=digests("labels"),
            code=code("response_bars"),
        script:
            "../../scripts/response_bars.py"


if "swimmer" in FIGURES:

    rule swimmer:
        input:
            subjects=SUBJECTS,
            exposure=rules.exposure.output.exposure,
            responses=RESPONSES,
            adverse_events=rules.adverse_events.output.adverse_events,
            events=rules.events.output.events,
        output:
            **drawn("swimmer"),
        log:
            "results/logs/swimmer.log",
        benchmark:
            "results/benchmarks/swimmer.tsv"
        params:
            spec=shown(
                FIGURES["swimmer"], **CATEGORIES, per_kg=CONFIG["dosing"]["per_kg"]
            ),
            digests=digests("labels"),
            code=code("swimmer"),
        script:
            "../../scripts/swimmer.py"


if "waterfall" in FIGURES:

    rule waterfall:
        input:
            visits=VISITS,
            responses=RESPONSES,
            subjects=SUBJECTS,
        output:
            **drawn("waterfall"),
        log:
            "results/logs/waterfall.log",
        benchmark:
            "results/benchmarks/waterfall.tsv"
        params:
            spec=shown(FIGURES["waterfall"], **CATEGORIES),
            digests=digests("labels"),
            code=code("waterfall"),
        script:
            "../../scripts/waterfall.py"


if "before_after" in FIGURES:

    rule before_after:
        input:
            visits=VISITS,
            subjects=SUBJECTS,
            paired=rules.statistics.output.paired,
        output:
            **drawn("before_after"),
        log:
            "results/logs/before_after.log",
        benchmark:
            "results/benchmarks/before_after.tsv"
        params:
            spec=shown(FIGURES["before_after"]),
            digests=digests("labels"),
            code=code("before_after"),
        script:
            "../../scripts/before_after.py"


if "time_to_response" in FIGURES:

    rule time_to_response:
        input:
            time_to_event=rules.statistics.output.time_to_event,
        output:
            **drawn("time_to_response"),
        log:
            "results/logs/time_to_response.log",
        benchmark:
            "results/benchmarks/time_to_response.tsv"
        params:
            spec=shown(FIGURES["time_to_response"], **INTERVALS),
            digests=digests("labels"),
            code=code("time_to_response"),
        script:
            "../../scripts/time_to_response.py"


if "dose_lines" in FIGURES:

    rule dose_lines:
        input:
            visits=VISITS,
            subjects=SUBJECTS,
        output:
            **drawn("dose_lines"),
        log:
            "results/logs/dose_lines.log",
        benchmark:
            "results/benchmarks/dose_lines.tsv"
        params:
            spec=shown(FIGURES["dose_lines"]),
            digests=digests("labels"),
            code=code("dose_lines"),
        script:
            "../../scripts/dose_lines.py"


if "adverse_event_dots" in FIGURES:

    rule adverse_event_dots:
        input:
            safety=rules.statistics.output.safety,
        output:
            **drawn("adverse_event_dots"),
        log:
            "results/logs/adverse_event_dots.log",
        benchmark:
            "results/benchmarks/adverse_event_dots.tsv"
        params:
            spec=shown(FIGURES["adverse_event_dots"], **INTERVALS),
            digests=digests("labels"),
            code=code("adverse_event_dots"),
        script:
            "../../scripts/adverse_event_dots.py"


if "score_parts" in FIGURES:

    rule score_parts:
        input:
            visits=VISITS,
            subjects=SUBJECTS,
        output:
            **drawn("score_parts"),
        log:
            "results/logs/score_parts.log",
        benchmark:
            "results/benchmarks/score_parts.tsv"
        params:
            spec=shown(FIGURES["score_parts"]),
            digests=digests("labels"),
            code=code("score_parts"),
        script:
            "../../scripts/score_parts.py"


if "missingness" in FIGURES:

    rule missingness:
        input:
            visits=VISITS,
            responses=RESPONSES,
            subjects=SUBJECTS,
        output:
            **drawn("missingness"),
        log:
            "results/logs/missingness.log",
        benchmark:
            "results/benchmarks/missingness.tsv"
        params:
            spec=shown(FIGURES["missingness"]),
            digests=digests("labels"),
            code=code("missingness"),
        script:
            "../../scripts/missingness.py"


if "concordance" in FIGURES:

    rule concordance:
        input:
            responses=RESPONSES,
            subjects=SUBJECTS,
        output:
            **drawn("concordance"),
        log:
            "results/logs/concordance.log",
        benchmark:
            "results/benchmarks/concordance.tsv"
        params:
            spec=shown(FIGURES["concordance"], **CATEGORIES),
            digests=digests("labels"),
            code=code("concordance"),
        script:
            "../../scripts/concordance.py"


if "specification_curve" in FIGURES:

    rule specification_curve:
        input:
            sensitivity=rules.statistics.output.sensitivity,
        output:
            **drawn("specification_curve"),
        log:
            "results/logs/specification_curve.log",
        benchmark:
            "results/benchmarks/specification_curve.tsv"
        params:
            spec=shown(
                FIGURES["specification_curve"],
                alpha=significance(CONFIG["statistics"]),
            ),
            digests=digests("labels"),
            code=code("specification_curve"),
        script:
            "../../scripts/specification_curve.py"


if "extract_changes" in FIGURES:

    rule extract_changes:
        input:
            ledger=rules.ledger.output.ledger,
        output:
            **drawn("extract_changes"),
        log:
            "results/logs/extract_changes.log",
        benchmark:
            "results/benchmarks/extract_changes.tsv"
        params:
            spec=shown(FIGURES["extract_changes"]),
            digests=digests("labels"),
            code=code("extract_changes"),
        script:
            "../../scripts/extract_changes.py"
