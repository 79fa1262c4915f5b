"""Models around models: what is taken out before a fit and put back after a draw.

May import models.
"""
