"""Direct identifiers and quasi-identifiers: `detect` recognises them, `generate` invents new ones.

May import columns.
"""
