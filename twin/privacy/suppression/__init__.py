"""The guard: what too few subjects hold does not pass, and the log says what was cut.

May import the ground alone. Begin with `guard.py`.
"""
