"""The pages that a study ends in."""
