"""A Gaussian copula over codes.

May import models. Begin with `copula.py`.
"""
