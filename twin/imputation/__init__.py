"""Missing cells drawn from a twin, several times (`impute.py`), and estimates pooled over the filled tables.

May import conditions. Begin with `impute.py`.
"""
