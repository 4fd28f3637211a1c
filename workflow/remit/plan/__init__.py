"""The study's plan: its configuration, checked before any data is read. No polars here."""
