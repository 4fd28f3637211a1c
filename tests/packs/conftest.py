"""The frames of the analysis stage serve the packs too."""

from tests.analysis.conftest import analytes, one_subject, records, visits_spec

__all__ = ["analytes", "one_subject", "records", "visits_spec"]
