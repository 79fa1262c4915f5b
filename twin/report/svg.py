"""What charts are drawn from: elements of inline SVG, the same bytes each time, styled by the page's CSS."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape


def svg(width: float, height: float, label: str, body: Sequence[str], css: str) -> Markup:
    """A chart of elements, with what it shows for those who cannot see it."""
    size = f'viewBox="0 0 {num(width)} {num(height)}"'
    return Markup(
        f'<svg class="{css}" {size} role="img" aria-label="{escape(label)}">' + "".join(body) + "</svg>"
    )


def num(value: float) -> str:
    """A length or place, of at most two decimals.

    Example:
        >>> num(12.0), num(0.333)
        ('12', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    """Words at a place."""
    kind = f' class="{css}"' if css else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{num(x)}" y="{num(y)}"{kind}{side}>{escape(words)}</text>'


def rect(x: float, y: float, width: float, height: float, css: str) -> str:
    """A rectangle."""
    size = f'width="{num(max(width, 0))}" height="{num(max(height, 0))}"'
    return f'<rect class="{css}" x="{num(x)}" y="{num(y)}" {size}/>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    ends = f'x1="{num(x1)}" x2="{num(x2)}" y1="{num(y1)}" y2="{num(y2)}"'
    return f'<line class="{css}" {ends}/>'


def dot(x: float, y: float, radius: float, css: str) -> str:
    """A disc."""
    return f'<circle class="{css}" cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'


def diamond(x: float, y: float, radius: float, css: str) -> str:
    """A square on its corner."""
    r = num(radius)
    return f'<path class="{css}" d="M{num(x)} {num(y - radius)}l{r} {r}-{r} {r}-{r}-{r}z"/>'
