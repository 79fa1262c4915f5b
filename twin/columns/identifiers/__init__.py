"""Direct identifiers and quasi-identifiers: which there are, and how a column is recognised as one."""

from twin.columns.identifiers.quasi import quasi_identifier, reads_as_sex, suggested
from twin.columns.identifiers.recognition import recognise
from twin.columns.identifiers.whats import WHATS, Recognition, What

__all__ = ["WHATS", "Recognition", "What", "quasi_identifier", "reads_as_sex", "recognise", "suggested"]
