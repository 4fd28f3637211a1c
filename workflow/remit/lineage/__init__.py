"""Where every number comes from: records, files and lines."""
