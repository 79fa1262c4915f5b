"""The table of metrics: to add one, write its file and add its line."""

from __future__ import annotations

from twin.errors import InputError
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


def register_metric(name: str, metric: Metric) -> None:
    """Add a metric of your own, whose scores then stand in every report of this process.

    A policy can limit a score by its name: `twin.Policy(fidelity={"means": {"at_most": 0.1}})`.

    Args:
        name: Its key; most metrics give a score of this name.
        metric: A function of a `twin.metrics.case.Case` that gives a tuple of `twin.Score`.

    Raises:
        InputError: If there is a metric of that name, or it cannot be called.

    Example:
        >>> register_metric("accuracy", lambda case: ())
        Traceback (most recent call last):
        ...
        twin.errors.InputError: metric: there is a metric 'accuracy' already; choose another name
    """
    if not callable(metric):
        raise InputError(f"metric: {name!r} cannot be called; give a function of a case")
    if name in METRICS:
        raise InputError(f"metric: there is a metric {name!r} already; choose another name")
    METRICS[name] = metric


OPTIONAL = {"sdmetrics": "eval"}
"""Metrics that need a package of an extra, with the extra's name."""
