"""The colours of figures, and the round figures beside them."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

import numpy as np

from sandbox.environment.shapes import INK, Colour

COVER = 205
"""How far colours cover a cell, of 255."""


@cache
def scale() -> np.ndarray:
    """Colours from low to high, uint8 [256, 3]: from dark violet through green to yellow, evenly in lightness.

    Worked out in Oklab (Ottosson 2020), where lightness is apart from hue; so the order can be seen with any kind of
    colour vision, and in grey.
    """
    share = np.linspace(0, 1, 256)
    lightness = 0.30 + 0.60 * share
    hue = np.radians(300 - 195 * share)
    strength = 0.13 + 0.045 * share
    inside = np.zeros((256, 3))
    for factor in np.linspace(1, 0.3, 36):  # as strong as the screen can show
        strong = strength * factor
        colours = _from_oklab(lightness, strong * np.cos(hue), strong * np.sin(hue))
        fits = ((colours >= 0) & (colours <= 1)).all(axis=1) & (inside.sum(axis=1) == 0)
        inside[fits] = colours[fits]
    bright = np.where(
        inside <= 0.0031308, 12.92 * inside, 1.055 * np.maximum(inside, 1e-9) ** (1 / 2.4) - 0.055
    )
    return np.round(bright * 255).astype(np.uint8)


def _from_oklab(lightness: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Linear red, green and blue, [colours, 3]."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return np.stack(
        [
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        ],
        axis=1,
    )


def colours_of(values: Any, low: float, high: float) -> np.ndarray:
    """The colours of figures on a scale, uint8 [..., 3]; what lies off the scale has the colour of its end."""
    share = (np.asarray(values, np.float64) - low) / ((high - low) or 1.0)
    return scale()[np.clip(np.nan_to_num(share) * 255, 0, 255).round().astype(int)]


def on_paper(colours: np.ndarray) -> np.ndarray:
    """Colours of a scale as they look over a white floor."""
    return colours.astype(int) * COVER // 255 + 255 - COVER


def legible_on(colour: Colour) -> Colour:
    """Ink or white, whichever stands out more, by the contrast of WCAG 2."""
    shares = [part / 255 for part in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares
    )
    return INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.22 else (255, 255, 255)


def ticks(low: float, high: float, most: int = 5, whole: bool = False) -> list[float]:
    """Round figures from low to high, at most so many, as close as that allows."""
    if not high > low:
        return [low]
    step = 10.0 ** floor(log10((high - low) / most))
    steps = (step * factor for factor in (1, 2, 5, 10, 20, 50, 100))
    for size in steps:
        if whole and (size < 1 or size % 1):
            continue
        first, last = ceil(low / size - 1e-9), floor(high / size + 1e-9)
        if last - first + 1 <= most:
            return [number * size for number in range(first, last + 1)]
    return [low, high]


def tick_text(value: float, marks: Sequence[float]) -> str:
    """A figure with as many decimals as its neighbours need."""
    step = min((abs(b - a) for a, b in pairwise(marks)), default=abs(value) or 1.0)
    decimals = max(0, min(4, -floor(log10(step) + 1e-9))) if step > 0 else 0
    return f"{value:.{decimals}f}".replace("-0.0", "0.0") if decimals else str(round(value))
