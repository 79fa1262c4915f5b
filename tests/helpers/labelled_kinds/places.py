"""Positions on the earth, as pairs of columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.helpers.labelled_kinds.base import Case, Cells, Draw, Rng

Centre = tuple[float, float, float]  # latitude, longitude, spread in degrees


def placed(case: str, names: tuple[str, str], draw: Draw, **more: Any) -> Case:
    """Two columns: latitude and longitude, in the order of the names."""
    return Case(case=f"places/{case}", names=names, kinds=("location",), draw=draw, **more)


def around(centres: Sequence[Centre], places: int = 6) -> Draw:
    """Points around centres; the first hold more of them."""

    def make(rng: Rng, n: int) -> tuple[Cells, Cells]:
        weights = 1 / np.arange(1, len(centres) + 1)
        lat, lon, spread = np.array(centres)[rng.choice(len(centres), n, p=weights / weights.sum())].T
        y = lat + spread * rng.standard_t(4, n) * 0.6
        x = lon + spread * rng.standard_t(4, n)
        return np.round(y.clip(-85, 85), places).tolist(), np.round(x, places).tolist()

    return make


def stations(draw: Draw, number: int) -> Draw:
    """Points that recur: few places, many rows."""

    def make(rng: Rng, n: int) -> tuple[Cells, Cells]:
        y, x = draw(rng, number)
        at = rng.choice(number, n, p=rng.dirichlet(np.full(number, 2.0))).tolist()
        return [y[i] for i in at], [x[i] for i in at]

    return make


def turned(draw: Draw) -> Draw:
    """Longitude first."""

    def make(rng: Rng, n: int) -> tuple[Cells, Cells]:
        y, x = draw(rng, n)
        return x, y

    return make


def as_text(draw: Draw, point: str) -> Draw:
    """Text, with a decimal point or comma."""

    def make(rng: Rng, n: int) -> tuple[Cells, Cells]:
        y, x = ([f"{v:.6f}".replace(".", point) for v in side] for side in draw(rng, n))
        return y, x

    return make


VIENNA = [(48.2082, 16.3738, 0.02), (48.1851, 16.3122, 0.03), (48.2470, 16.4390, 0.03)]
AMERICA = [
    (40.71, -74.0, 0.15),
    (41.88, -87.63, 0.2),
    (34.05, -118.24, 0.3),
    (29.76, -95.37, 0.2),
    (47.61, -122.33, 0.1),
]
IBERIA = [(40.4168, -3.7038, 0.05), (41.3874, 2.1686, 0.04), (37.3891, -5.9845, 0.03)]
SOUTH = [(-33.45, -70.67, 0.08), (-36.83, -73.05, 0.06), (-23.65, -70.4, 0.04)]
GERMANY = [(52.52, 13.405, 0.08), (53.55, 9.993, 0.07), (48.137, 11.575, 0.06), (50.94, 6.96, 0.05)]

CASES: list[Case] = [
    placed("flats", ("lat", "lon"), around(VIENNA)),
    placed("customers, some missing", ("latitude", "longitude"), around(AMERICA, 5), missing=0.06),
    placed("no fix", ("geo_lat", "geo_lng"), around(GERMANY), specials={(0.0, 0.0): 0.03}),
    placed("german names", ("Breitengrad", "Längengrad"), around(GERMANY, 4)),
    placed("spanish names", ("latitud", "longitud"), around(IBERIA)),
    placed("south and west", ("Y_COORD_WGS84", "X_COORD_WGS84"), around(SOUTH, 7)),
    placed("trips", ("pickup_latitude", "pickup_longitude"), around([(40.75, -73.98, 0.025)], 14)),
    placed("coarse", ("lat_2", "lon_2"), around(AMERICA, 2)),
    placed("stations", ("station_lat", "station_lon"), stations(around(VIENNA, 5), 60)),
    placed("longitude first", ("lng", "lat"), turned(around(IBERIA, 5))),
    placed("float32", ("lat_dd", "lon_dd"), around(GERMANY), dtype="float32"),
    placed("text", ("gps_latitude", "gps_longitude"), as_text(around(SOUTH), ".")),
    placed("text, decimal comma", ("geo.breite", "geo.laenge"), as_text(around(VIENNA), ",")),
]
