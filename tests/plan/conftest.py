"""The plan of visits that the analysis stage's tests use."""

from tests.analysis.conftest import visits_spec

__all__ = ["visits_spec"]
