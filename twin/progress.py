"""One progress bar for a job of several stages; silent where nobody watches or the job is short."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import TracebackType
from typing import Protocol, Self

_DELAY = 0.7  # seconds before a bar shows


class Progress(Protocol):
    """What long work tells of itself; it may raise to stop the work."""

    def __call__(self, done: float, what: str) -> None:
        """Share of the work done, 0 … 1, and what is being done now, in words."""
        ...


class ProgressBar:
    """A bar of 100 steps over a job, with an estimate of the time left.

    Args:
        title: What the job is.
        shown: True or False to force it; None shows it on a terminal or in a notebook.

    Example:
        >>> with ProgressBar("fit", shown=False) as bar:
        ...     bar(0.5, "learning")
    """

    def __init__(self, title: str, *, shown: bool | None = None) -> None:
        # Without ipywidgets the bar for notebooks cannot be drawn, and asking for it warns.
        tqdm = import_module("tqdm.auto" if find_spec("ipywidgets") else "tqdm").tqdm
        layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
        disable = None if shown is None else not shown
        self._title = title
        self._bar = tqdm(total=100, desc=title, bar_format=layout, leave=False, delay=_DELAY, disable=disable)

    def __call__(self, done: float, what: str) -> None:
        """Share of the work done, 0 … 1, and what is being done now."""
        self._bar.set_description_str(f"{self._title}: {what}", refresh=False)
        self._bar.update(max(0, int(100 * done) - self._bar.n))

    def part(self, low: float, high: float) -> Part:
        """The stretch of the bar between two shares, for one stage.

        Args:
            low: Share of the work where the stretch begins, 0 … 1.
            high: Share of the work where the stretch ends, 0 … 1.
        """
        return Part(self, low, high)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()


class Part:
    """A stretch of a bar that fills from 0 to 1.

    Args:
        bar: The bar.
        low: Share of the work where the stretch begins, 0 … 1.
        high: Share of the work where it ends, 0 … 1.
    """

    def __init__(self, bar: ProgressBar, low: float, high: float) -> None:
        self._bar, self._low, self._high = bar, low, high

    def __call__(self, done: float, what: str) -> None:
        """Share of this stage done, 0 … 1, and what is being done now."""
        self._bar(self._low + (self._high - self._low) * done, what)
