"""Remit: from raw laboratory extracts to remission rates."""
