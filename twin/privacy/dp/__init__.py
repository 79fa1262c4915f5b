"""Differential privacy: each fact is charged to a ledger, then noise is drawn, then it is released.

May import the ground alone. Begin with `ledger.py`, then `mechanism.py`.
"""
