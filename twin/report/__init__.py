"""Scores to documents; computes nothing."""

from twin.report.document import Report, RunFacts

__all__ = ["Report", "RunFacts"]
