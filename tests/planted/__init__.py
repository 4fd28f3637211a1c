"""Planted truth: extracts of any size with every defect, and the fate each row must meet."""
