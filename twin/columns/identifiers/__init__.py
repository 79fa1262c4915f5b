"""Direct identifiers: which there are, and how a column is recognised as one."""

from twin.columns.identifiers.whats import WHATS, Recognition, What

__all__ = ["WHATS", "Recognition", "What"]
