"""What a raw feed, a harmonized table and an analysis table must be, as pandera models."""
