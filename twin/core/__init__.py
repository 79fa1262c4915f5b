"""The order of the stages: `fit.py` makes a twin (`dp_fit.py` under a budget), `generator.py` is the twin.

May import all rooms below. Begin with `fit.py`.
"""
