"""Run Snakemake's own linter and let one finding pass: Remit's software comes from a lock file.

Usage: python -m tests.lint
"""

import json
import subprocess
import sys
from pathlib import Path

PASSED_OVER = "Specify a conda environment or container for each rule."


def main() -> int:
    """Print every finding that counts; return how many there are."""
    snakemake = str(Path(sys.executable).with_name("snakemake"))
    run = subprocess.run([snakemake, "--lint", "json"], capture_output=True, text=True, check=False)
    if not run.stdout.strip().startswith("{"):
        if run.returncode == 0:
            return 0
        print(run.stdout, run.stderr, file=sys.stderr)
        return 1
    found = json.loads(run.stdout)
    places = [
        *((snakefile["snakefile"], snakefile["lints"]) for snakefile in found["files"]),
        *((rule["for"], rule["lints"]) for rule in found["rules"]),
    ]
    counted = [
        f"{place}: {lint['title']}"
        for place, lints in places
        for lint in lints
        if not lint["title"].startswith(PASSED_OVER.rstrip("."))
    ]
    print("\n".join(counted) or "snakemake --lint: clean")
    return len(counted)


if __name__ == "__main__":
    sys.exit(main())
