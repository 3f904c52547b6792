"""The way from site to site, along the straight line."""

from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

EARTH_KM = 6371.0088  # mean radius (IUGG)


@dataclass(frozen=True, slots=True)
class Place:
    """Coordinates in degrees."""

    latitude: float
    longitude: float


def kilometres(a: Place, b: Place) -> float:
    """The great circle from one place to another (haversine)."""
    half = sin(radians(b.latitude - a.latitude) / 2) ** 2
    half += cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def travel_minutes(a: Place | None, b: Place | None, speed_kmh: int) -> int:
    """Whole minutes on the road, begun ones too; 0 where it is not known where somebody is."""
    if a is None or b is None:
        return 0
    return ceil(round(kilometres(a, b) / speed_kmh * 60, 6))
