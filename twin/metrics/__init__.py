"""How alike, how useful, how far from the source: one question per file."""

from twin.metrics.evaluate import Evaluation, Options, evaluate
from twin.metrics.score import Interval, Score, Table
from twin.metrics.table import METRICS

__all__ = ["METRICS", "Evaluation", "Interval", "Options", "Score", "Table", "evaluate"]
