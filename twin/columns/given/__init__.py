"""What a user asks of one column: parsed without a look at what was learned, then compiled by its kind.

May import columns. Begin with `asked.py`.
"""
