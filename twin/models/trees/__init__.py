"""A chain of boosted binary trees over codes: the default model.

May import models. Begin with `trees.py` (settings and fit), then `chain.py` (drawing).
"""
