"""Draws a Mark, which is data, as a small antialiased picture."""

from functools import lru_cache
from math import cos, pi, sin

from PIL import Image, ImageDraw

from sandbox.world.mechanic import Mark

Colour = tuple[int, int, int]

INK: Colour = (38, 42, 51)

FINE = 4  # shapes are drawn this many times too large and then shrunk, which smooths their edges


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour that has `share` (0 to 1) of `second` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def ink_on(colour: Colour) -> Colour:
    """White or near black, whichever is easier to read on `colour`."""
    red, green, blue = colour
    return (255, 255, 255) if 0.299 * red + 0.587 * green + 0.114 * blue < 165 else INK


class _Pen:
    """A cell of size 1 with its middle at (0, 0), in which the shapes below draw."""

    def __init__(self, pixels: int, colour: Colour):
        self.pixels = pixels
        self.image = Image.new("RGBA", (pixels, pixels), (*colour, 0))
        self.draw = ImageDraw.Draw(self.image)
        self.fill = (*colour, 255)
        self.edge = (*mix(colour, (20, 24, 32), 0.3), 255)
        self.rim = max(FINE, round(pixels * 0.035))

    def box(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        half, full = self.pixels / 2, self.pixels
        return half + left * full, half + top * full, half + right * full - 1, half + bottom * full - 1

    def points(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        return [((x + 0.5) * self.pixels, (y + 0.5) * self.pixels) for x, y in points]

    def panel(self, left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> None:
        radius = corner * self.pixels
        where = self.box(left, top, right, bottom)
        self.draw.rounded_rectangle(where, radius, self.fill, self.edge, self.rim)

    def disc(self, x: float, y: float, radius: float) -> None:
        self.draw.ellipse(
            self.box(x - radius, y - radius, x + radius, y + radius), self.fill, self.edge, self.rim
        )

    def band(self, x: float, y: float, radius: float, width: float) -> None:
        where = self.box(x - radius, y - radius, x + radius, y + radius)
        self.draw.ellipse(where, outline=self.fill, width=round(width * self.pixels))

    def line(self, *points: tuple[float, float], width: float) -> None:
        self.draw.line(self.points(*points), self.fill, round(width * self.pixels), joint="curve")

    def polygon(self, *points: tuple[float, float]) -> None:
        self.draw.polygon(self.points(*points), self.fill, self.edge, self.rim)


def _square(pen: _Pen, half: float) -> None:
    if half >= 0.5:
        pen.draw.rectangle(pen.box(-0.5, -0.5, 0.5, 0.5), pen.fill)
    else:
        pen.panel(-half, -half, half, half)


def _round(pen: _Pen, half: float) -> None:
    pen.panel(-half, -half, half, half, half * 0.35)
    inner = half * 0.62  # a lid, so that it does not look flat
    pen.draw.rounded_rectangle(
        pen.box(-inner, -inner, inner, inner), inner * 0.3 * pen.pixels, outline=pen.edge, width=pen.rim
    )


def _disc(pen: _Pen, half: float) -> None:
    pen.disc(0, 0, half)


def _ring(pen: _Pen, half: float) -> None:
    pen.band(0, 0, half, half * 0.32)


def _diamond(pen: _Pen, half: float) -> None:
    pen.polygon((0, -half), (half, 0), (0, half), (-half, 0))


def _pentagon(pen: _Pen, half: float) -> None:
    _regular(pen, half * 1.12, 5, half * 0.09)


def _hexagon(pen: _Pen, half: float) -> None:
    _regular(pen, half, 6, 0.0)


def _regular(pen: _Pen, radius: float, sides: int, down: float) -> None:
    angles = (2 * pi * side / sides for side in range(sides))
    pen.polygon(*((radius * sin(angle), down - radius * cos(angle)) for angle in angles))


def _bar(pen: _Pen, half: float) -> None:
    pen.panel(-half, -half * 0.34, half, half * 0.34, half * 0.15)


def _cross(pen: _Pen, half: float) -> None:
    reach = half * 0.8
    pen.line((-reach, -reach), (reach, reach), width=half * 0.42)
    pen.line((-reach, reach), (reach, -reach), width=half * 0.42)


def _star(pen: _Pen, half: float) -> None:
    radii = (half * 1.06, half * 0.46)
    turn = [(radii[i % 2], pi * i / 5) for i in range(10)]
    pen.polygon(*((radius * sin(angle), half * 0.06 - radius * cos(angle)) for radius, angle in turn))


def _key(pen: _Pen, half: float) -> None:
    thick = half * 0.26
    pen.band(-half * 0.52, 0, half * 0.48, thick)
    pen.line((-half * 0.1, 0), (half, 0), width=thick)
    for x in (half * 0.5, half * 0.87):
        pen.line((x, -half * 0.05), (x, half * 0.45), width=thick)


def _gate(pen: _Pen, half: float) -> None:
    """An open doorway from side to side: posts, and the way between them tinted."""
    pen.draw.rectangle(pen.box(-0.5, -half * 0.3, 0.5, half * 0.3), (*pen.fill[:3], 60))
    _posts(pen, half)


def _gate_closed(pen: _Pen, half: float) -> None:
    pen.panel(-0.5, -half * 0.32, 0.5, half * 0.32)
    _posts(pen, half)


def _gate_locked(pen: _Pen, half: float) -> None:
    _gate_closed(pen, half)
    pen.fill = (255, 246, 214, 255)
    pen.disc(0, 0, half * 0.2)


def _posts(pen: _Pen, half: float) -> None:
    for left in (-0.5, 0.36):
        pen.panel(left, -half * 0.5, left + 0.14, half * 0.5)


_SHAPES = {
    "square": _square,
    "round": _round,
    "disc": _disc,
    "ring": _ring,
    "diamond": _diamond,
    "pentagon": _pentagon,
    "hexagon": _hexagon,
    "bar": _bar,
    "cross": _cross,
    "star": _star,
    "key": _key,
    "gate": _gate,
    "gate_closed": _gate_closed,
    "gate_locked": _gate_locked,
}


@lru_cache(maxsize=1024)
def tile(mark: Mark, pixels: int, upright: bool = False) -> Image.Image:
    """The mark in a see-through square RGBA picture; `upright` turns it a quarter.

    Raises ValueError for a shape that is not known.
    """
    if mark.shape not in _SHAPES:
        raise ValueError(f"a mark has the shape {mark.shape!r}; shapes are {', '.join(_SHAPES)}")
    pen = _Pen(pixels * FINE, mark.colour)
    if mark.size > 0:
        _SHAPES[mark.shape](pen, mark.size / 2)
    image = pen.image.transpose(Image.Transpose.ROTATE_90) if upright else pen.image
    return image.resize((pixels, pixels), Image.Resampling.BOX)
