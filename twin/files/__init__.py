"""Files: one format per file."""
