"""What tests of several files need around them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import twin
from twin.columns import schema
from twin.columns.kinds.registry import KINDS


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
