"""Places: what a person writes of where they live, and which town and country that is.

In goes a line as LinkedIn, X, Facebook or a CV has it: `Greater Zurich Area`, `Carouge, Genève`,
`Cambridge, MA`. Out come a country and a town, or neither: what may be several stays unknown.

>>> locate("Genève et périphérie").country, locate("Cambridge, MA").town.name
('CH', 'Cambridge')
"""

from vanne.places.location import (
    EARTH_KM,
    FAR_BIGGER,
    LANGUAGES,
    Location,
    Place,
    all_names,
    begins_name,
    called,
    distance_km,
    locate,
    place_of,
    point_of,
)
from vanne.places.names import bare, key

__all__ = [
    "EARTH_KM",
    "FAR_BIGGER",
    "LANGUAGES",
    "Location",
    "Place",
    "all_names",
    "bare",
    "begins_name",
    "called",
    "distance_km",
    "key",
    "locate",
    "place_of",
    "point_of",
]
