"""Write down the plan of this run, with all that the study left to the house."""

from remit.machinery.job import Files, Spec, run


def plan(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write it as a configuration."""
    from remit.machinery.write import write_text
    from remit.plan.filled import written

    write_text(outputs["plan"], written(spec))


run(plan, globals())
