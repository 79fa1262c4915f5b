"""Files: one format per file; a file appears whole or not at all."""
