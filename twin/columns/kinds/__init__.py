"""The kinds of columns: how each is learned, encoded and decoded; `dp_*.py` is its form under a budget.

May import columns and privacy. Begin with `registry.py`, the table of kinds.
"""
