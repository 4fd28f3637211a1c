"""The parts of `make_extracts.py`."""
