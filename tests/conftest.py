"""What tests of several files need around them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import twin
from twin.columns import schema
from twin.columns.kinds.registry import KINDS

# No test may fail because the machine is busy.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def kinds() -> Iterator[None]:
    """Kinds of columns as they were, after a test that registers its own."""
    before, classes = dict(KINDS), dict(schema._CLASSES)
    yield
    KINDS.clear()
    KINDS.update(before)
    schema._CLASSES.clear()
    schema._CLASSES.update(classes)
    twin.Schema.model_rebuild(force=True)
