"""Writes text on pictures and puts several pictures together into one, without a screen."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sandbox.environment.shapes import INK, Colour

PAPER: Colour = (255, 255, 255)
FAINT: Colour = (112, 118, 130)

# Text. Pillow's own font is everywhere the same but knows little beyond ASCII.
_PLAIN = str.maketrans(
    {
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{RIGHTWARDS ARROW}": "->",
        "\N{LEFTWARDS ARROW}": "<-",
        "\N{GREATER-THAN OR EQUAL TO}": ">=",
        "\N{LESS-THAN OR EQUAL TO}": "<=",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)


def _plain(text: str) -> str:
    spelt = unicodedata.normalize("NFKD", text.replace("…", "\0").translate(_PLAIN)).replace("\0", "…")
    kept = (sign for sign in spelt if not unicodedata.combining(sign))
    return "".join(sign if " " <= sign <= "~" or sign in "·…" else "?" for sign in kept)


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


@lru_cache(maxsize=2048)
def text_image(text: str, size: int, colour: Colour = INK, tight: bool = False) -> Image.Image:
    """One line of text in RGBA: as high as any line of its size, on one baseline, or cut close if `tight`."""
    font, plain = _font(max(6, size)), _plain(text)
    left, top, right, bottom = font.getbbox(plain or " ", anchor="ls")
    if not tight:
        left, top, right, bottom = min(0, left), -round(size * 0.95), right, round(size * 0.35)
    image = Image.new("RGBA", (max(1, int(right - left)), max(1, int(bottom - top))), (*colour, 0))
    ImageDraw.Draw(image).text((-left, -top), plain, font=font, fill=(*colour, 255), anchor="ls")
    return image


def text_width(text: str, size: int) -> int:
    """Width of one line of text in pixels."""
    return round(_font(max(6, size)).getlength(_plain(text)))


def fitted(text: str, size: int, width: int) -> str:
    """The text, cut short with an ellipsis where it is wider than `width` pixels."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _write(
    image: Image.Image, text: str, left: int, baseline: int, size: int, colour: Colour, width: int
) -> None:
    line = fitted(text, size, width)
    ImageDraw.Draw(image).text((left, baseline), _plain(line), font=_font(size), fill=colour, anchor="ls")


def _wrapped(text: str, size: int, width: int) -> list[str]:
    """The text in one line, or in two where one is too narrow, broken after a space, `+` or `:`."""
    breaks = [
        i + 1 for i, sign in enumerate(text) if sign in " +:" and text_width(text[: i + 1], size) <= width
    ]
    if text_width(text, size) <= width or not breaks:
        return [fitted(text, size, width)]
    return [text[: breaks[-1]].rstrip(), fitted(text[breaks[-1] :], size, width)]


def titled(frame: np.ndarray, title: str = "", lines: Sequence[str] = ()) -> np.ndarray:
    """The frame with its title above and lines of text below.

    `frame` is uint8 [height, width, 3]; so is what comes back, with even sides. A long title takes two
    lines; what is still too wide is cut short. Small frames get room beside them, so that text can be read.
    """
    return _titled(frame, _wrapped(title, _letters(frame), _column(frame)) if title else [], lines)


def _letters(frame: np.ndarray) -> int:
    return max(13, min(18, round(frame.shape[1] / 26)))


def _column(frame: np.ndarray) -> int:
    """Width of the text beside a frame."""
    return max(frame.shape[1], 18 * _letters(frame))


def _titled(frame: np.ndarray, title: Sequence[str], lines: Sequence[str]) -> np.ndarray:
    height, width = frame.shape[:2]
    letters, column = _letters(frame), _column(frame)
    side, row = round(letters * 0.7), round(letters * 1.4)
    head = row * len(title) + side
    foot = row * len(lines) + side
    image = Image.new("RGB", (column + 2 * side + column % 2, (head + height + foot + 1) // 2 * 2), PAPER)
    image.paste(Image.fromarray(frame), (side + (column - width) // 2, head))
    for number, line in enumerate(title):
        _write(image, line, side, row * (number + 1), letters, INK, column)
    for number, line in enumerate(lines):
        _write(image, line, side, head + height + row * (number + 1), letters - 1, FAINT, column)
    return np.array(image)


def side_by_side(
    frames: Sequence[np.ndarray],
    titles: Sequence[str] = (),
    lines: Sequence[Sequence[str]] = (),
    clock: str = "",
) -> np.ndarray:
    """Several frames in one picture with even sides, each with title and lines, and one clock line on top.

    `frames` are uint8 [height, width, 3]; `titles` and `lines`, where given, hold one entry each. The size of
    the picture depends on the frames' sizes, the titles and the number of lines, not on what the lines say.
    Raises ValueError when there is no frame or the numbers differ.
    """
    if not frames or any(entries and len(entries) != len(frames) for entries in (titles, lines)):
        raise ValueError(
            f"{len(frames)} frames, {len(titles)} titles, {len(lines)} lines: want one of each a frame"
        )
    letters = max(_letters(frame) for frame in frames)
    heads = [
        _wrapped(title, _letters(frame), _column(frame)) for frame, title in zip(frames, titles, strict=False)
    ]
    heads = _evened(heads or [[]] * len(frames), above=True)
    panes = [_titled(*pane) for pane in zip(frames, heads, _evened(lines or [()] * len(frames)), strict=True)]
    height, width = (max(pane.shape[axis] for pane in panes) for axis in (0, 1))
    across = _across(len(panes), height, width)
    down = -(-len(panes) // across)
    head = round(letters * 1.9) if clock else 0
    image = Image.new("RGB", (width * across, (head + height * down + 1) // 2 * 2), PAPER)
    for i, pane in enumerate(panes):
        image.paste(Image.fromarray(pane), (width * (i % across), head + height * (i // across)))
    if clock:
        left = round(_letters(frames[0]) * 0.7)
        _write(image, clock, left, round(letters * 1.5), letters, FAINT, width * across - 2 * left)
    return np.array(image)


def _evened(columns: Sequence[Sequence[str]], above: bool = False) -> list[list[str]]:
    """The columns of lines, the short ones filled up with empty lines at their end (or above)."""
    rows = max(len(column) for column in columns)
    gaps = [[""] * (rows - len(column)) for column in columns]
    return [[*gap, *column] if above else [*column, *gap] for column, gap in zip(columns, gaps, strict=True)]


def _across(count: int, height: int, width: int) -> int:
    """How many panes go side by side so that the sheet comes near to 16 by 9 and wastes few places."""

    def ugliness(across: int) -> float:
        down = -(-count // across)
        return abs(np.log(across * width / (down * height) / (16 / 9))) + (across * down - count) / count

    return min(range(1, count + 1), key=ugliness)
