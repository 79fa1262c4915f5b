"""Direct identifiers and quasi-identifiers: which there are, and how a column is recognised as one."""
