"""Columns of any dtype to plain arrays (`reading.py`), and back (`restore.py`).

May import the ground alone. Begin with `reading.py`.
"""
