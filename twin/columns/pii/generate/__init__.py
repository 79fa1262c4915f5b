"""Identities invented afresh: a function of the seed, the row's number and the person.

May import columns. Begin with `registry.py`, the table of inventors.
"""
