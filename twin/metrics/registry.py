"""The table of metrics: to add one, write its file and add its line."""

from __future__ import annotations

from twin.metrics.accuracy import accuracy
from twin.metrics.case import Metric
from twin.metrics.coefficients import coefficients
from twin.metrics.conditional import conditional
from twin.metrics.dependencies import dependencies
from twin.metrics.detection import c2st
from twin.metrics.distances import distances
from twin.metrics.fairness import fairness
from twin.metrics.missingness import missingness, patterns
from twin.metrics.rare_groups import rare_groups
from twin.metrics.sdmetrics_adapter import sdmetrics_quality
from twin.metrics.utility import utility

METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "c2st": c2st,
    "tstr": utility,
    "coefficients": coefficients,
    "conditional": conditional,
    "rare_groups": rare_groups,
    "dependencies": dependencies,
    "fairness": fairness,
    "missingness": missingness,
    "patterns": patterns,
    "distances": distances,
    "sdmetrics": sdmetrics_quality,
}
"""Every metric by name, in the order of a report."""

OPTIONAL = {"sdmetrics": "eval"}
"""Metrics that need a package of an extra, with the extra's name."""
