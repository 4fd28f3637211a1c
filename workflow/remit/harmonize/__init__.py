"""Rows of all deliveries meet: one table per domain, and how good the data are."""
