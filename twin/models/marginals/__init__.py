"""Counts of a few fields at a time on a clique tree: the default model under a budget.

May import models. Begin with `marginals.py`, then `dp_marginals.py`.
"""
