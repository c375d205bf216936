"""The invented painters: four to a movement, each with palettes and habits of their own."""

from __future__ import annotations

from dataclasses import dataclass

STYLES = (
    "Impressionism",
    "Cubism",
    "Expressionism",
    "Pop Art",
    "Byzantine Art",
    "Abstract Expressionism",
)


@dataclass(frozen=True)
class Artist:
    """A painter who never lived.

    Attributes:
        name: clearly invented; also the stem of the files.
        style: one of STYLES.
        years: as a museum's label gives them.
        palettes: names in `palettes.PALETTES`.
        manner: which variant of the movement's technique.
        stroke: size of the mark (a dab, a facet, a dot, a tessera), 1 is usual.
        line: weight of outlines, 1 is usual.
        bend: how restless the forms are, 1 is usual.
    """

    name: str
    style: str
    years: str
    palettes: tuple[str, ...]
    manner: str
    stroke: float = 1.0
    line: float = 1.0
    bend: float = 1.0


_I, _C, _E, _P, _B, _A = STYLES

# All ten palettes in every movement: a palette tells the artist a little, the movement nothing.
ARTISTS = (
    Artist("Aurelie Brumelle", _I, "1841 - 1912", ("harbour", "rose", "winter"), "dabs", 1.0, 1.0, 0.7),
    Artist("Odilon Clairvent", _I, "1848 - 1920", ("orchard", "lagoon", "gold"), "dabs", 1.5, 1.0, 1.5),
    Artist("Petra Lindqvane", _I, "1855 - 1931", ("dusk", "carnival", "ember"), "points", 0.8, 1.0, 1.0),
    Artist("Ignace Solterre", _I, "1839 - 1903", ("earth", "harbour", "orchard"), "commas", 1.2, 1.0, 1.2),
    Artist("Basile Kantovar", _C, "1881 - 1952", ("earth", "winter", "gold"), "analytic", 1.0, 1.0, 1.0),
    Artist("Marta Prizmova", _C, "1885 - 1961", ("carnival", "lagoon", "dusk"), "rings", 1.0, 0.7, 0.8),
    Artist("Joan Escaire", _C, "1887 - 1944", ("harbour", "ember", "orchard"), "collage", 1.4, 1.2, 0.8),
    Artist("Tibor Vertess", _C, "1890 - 1966", ("rose", "earth", "harbour"), "analytic", 0.7, 0.6, 1.4),
    Artist("Hedda Sturmvik", _E, "1863 - 1939", ("ember", "dusk", "harbour"), "swirl", 1.0, 1.0, 1.3),
    Artist("Anselm Grellwald", _E, "1880 - 1938", ("carnival", "orchard", "rose"), "woodcut", 1.2, 1.6, 0.8),
    Artist("Ruta Nachtigall", _E, "1876 - 1947", ("lagoon", "earth", "winter"), "swirl", 1.5, 0.7, 0.9),
    Artist("Kasimir Olvang", _E, "1884 - 1950", ("gold", "ember", "carnival"), "hatch", 0.8, 1.2, 1.0),
    Artist("Dot Halftone", _P, "1928 - 1999", ("carnival", "harbour", "gold"), "dots", 1.0, 1.2, 1.0),
    Artist("Rex Silkworth", _P, "1930 - 1987", ("rose", "lagoon", "dusk"), "panels", 1.0, 0.8, 1.0),
    Artist("Bettina Neonova", _P, "1935 - 2004", ("ember", "orchard", "winter"), "dots", 1.5, 1.6, 1.0),
    Artist("Chuck Marquee", _P, "1926 - 1994", ("earth", "carnival", "rose"), "rays", 1.2, 1.4, 1.0),
    Artist("Theophan of Ikaronia", _B, "1310 - 1375", ("gold", "earth", "ember"), "icon", 1.0, 1.0, 1.0),
    Artist("Zoe Chrysalis", _B, "1080 - 1140", ("harbour", "lagoon", "gold"), "mosaic", 1.0, 1.0, 1.0),
    Artist(
        "Master of the Cinnabar Border",
        _B,
        "1290 - 1350",
        ("rose", "dusk", "carnival"),
        "icon",
        0.7,
        1.5,
        1.0,
    ),
    Artist("Leontios Psephas", _B, "1020 - 1090", ("orchard", "winter", "earth"), "mosaic", 1.5, 0.8, 1.0),
    Artist("Wilhelmina Drift", _A, "1912 - 1988", ("winter", "carnival", "earth"), "drip", 1.0, 1.0, 1.0),
    Artist("Moss Calloway Field", _A, "1908 - 1971", ("ember", "rose", "dusk"), "field", 1.0, 1.0, 1.0),
    Artist("Franz Broadbeam", _A, "1910 - 1964", ("harbour", "gold", "lagoon"), "gesture", 1.3, 1.0, 1.0),
    Artist("Odessa Spatterley", _A, "1919 - 1992", ("orchard", "dusk", "harbour"), "drip", 1.7, 1.0, 0.6),
)


def artists_of(style: str) -> tuple[Artist, ...]:
    """The painters of a movement, in their order in the table."""
    return tuple(artist for artist in ARTISTS if artist.style == style)
