"""Rules that a table seems to keep, each with its reason in words."""
