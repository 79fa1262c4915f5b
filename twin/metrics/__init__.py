"""How alike, how useful, how far from the source: one question per file."""
