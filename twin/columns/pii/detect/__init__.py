"""How a column is recognised as a direct identifier, or as what others may know of a person.

May import columns. Begin with `recognition.py`; its words stand in `vocabulary.json`.
"""
