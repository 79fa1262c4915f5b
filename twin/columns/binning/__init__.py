"""Numbers as codes: exact values that enough subjects share, and guarded cells.

May import columns and privacy. Begin with `binning.py`.
"""
