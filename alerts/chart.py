"""The chart of a digest: in words, in bars of text, and as a picture."""

from __future__ import annotations

from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, cast
from unicodedata import bidirectional

from alerts.graphemes import last_cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from alerts.bulletin import Bar

TITLE = "Stories by rule"
CELLS = 12  # characters of the longest bar of text
_EIGHTHS = " ▏▎▍▌▋▊▉█"

# The picture, in pixels: twice the size it is shown at, so that it is sharp on any screen.
_WIDTH = 1200
_ROW = 58
_MARGIN = 24
_LABELS = 460  # the widest column of labels
_NUMBERS = 250  # room for the numbers, right of the longest bar
_SIZE = 24  # of the letters
_FAULT = "\uffff"  # no font has it: it is drawn as a missing letter
_INK, _NOW, _USUAL = "#1d1c1d", "#1264a3", "#b5b5b8"

# What most systems have, the widest first; the font that comes with Pillow knows no letters but those of ASCII.
_FONTS = ("NotoSansCJK-Regular.ttc", "DejaVuSans.ttf", "Arial Unicode.ttf", "arial.ttf")


def in_words(bars: Sequence[Bar]) -> str:
    """Return all that the chart shows, for those who cannot see it."""
    return f"Bar chart: {TITLE.lower()}. " + " ".join(f"{bar.label}: {bar.says}." for bar in bars)


def text_bars(bars: Sequence[Bar]) -> tuple[str, ...]:
    """Return a line for each bar; they begin with the bar, so that lengths compare in any font.

    Where there is less than usual, what is missing is shaded.
    """
    peak = _peak(bars)
    return tuple(f"{_text_bar(bar, peak)} {bar.says} · {bar.label}" for bar in bars)


def draw(bars: Sequence[Bar]) -> bytes:
    """Return the chart as a PNG: for each rule a bar, and a grey one below it for the usual number.

    A label that no font at hand can write gives way to its place in the list. Raises ImportError where Pillow was
    built without fonts.
    """
    from PIL import Image
    from PIL import ImageDraw as Drawing

    fonts = _fonts()
    labels = [_label(bar, place, fonts) for place, bar in enumerate(bars, 1)]
    left = _MARGIN * 2 + max(int(font.getlength(label)) for label, font in labels)
    image = Image.new("RGB", (_WIDTH, _MARGIN * 2 + _ROW * (len(bars) + 1)), "white")
    pen = Drawing.Draw(image)
    scale = (_WIDTH - left - _NUMBERS) / _peak(bars)
    for row, (bar, (label, font)) in enumerate(zip(bars, labels, strict=True)):
        top = _MARGIN + row * _ROW
        pen.text((left - _MARGIN, top + _ROW // 2 - 4), label, _INK, font, anchor="rm")
        _draw_bar(pen, bar, left=left, top=top, scale=scale, font=fonts[-1])
    legend = f"{TITLE}; grey: the usual number" if any(bar.usual is not None for bar in bars) else TITLE
    pen.text((left, _MARGIN + len(bars) * _ROW + _ROW // 2), legend, _INK, fonts[-1], anchor="lm")
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _peak(bars: Sequence[Bar]) -> float:
    return max(chain((1.0,), (bar.value for bar in bars), (bar.usual or 0.0 for bar in bars)))


def _text_bar(bar: Bar, peak: float) -> str:
    eighths = max(round(bar.value / peak * CELLS * 8), 1)
    full, rest = divmod(eighths, 8)
    drawn = _EIGHTHS[8] * full + (_EIGHTHS[rest] if rest else "")
    return drawn.ljust(round((bar.usual or 0) / peak * CELLS), "░")


def _draw_bar(pen: ImageDraw, bar: Bar, *, left: int, top: int, scale: float, font: FreeTypeFont) -> None:
    right = left + round(bar.value * scale)
    pen.rectangle((left, top + 6, max(right, left + 2), top + 30), _NOW)
    if bar.usual is not None:
        usual = left + round(bar.usual * scale)
        pen.rectangle((left, top + 34, max(usual, left + 2), top + 44), _USUAL)
        right = max(right, usual)
    pen.text((right + 12, top + _ROW // 2 - 4), bar.says, _INK, font, anchor="lm")


def _fonts() -> tuple[FreeTypeFont, ...]:
    """Return the fonts at hand, Pillow's own as the last."""
    from PIL import ImageFont

    found = []
    for name in _FONTS:
        try:
            found.append(ImageFont.truetype(name, _SIZE))
        except OSError:
            continue
    own = cast("FreeTypeFont", ImageFont.load_default(_SIZE))  # what it returns without a size would be another
    return (*found, own)


def _label(bar: Bar, place: int, fonts: Sequence[FreeTypeFont]) -> tuple[str, FreeTypeFont]:
    font = next((one for one in fonts if _can_write(one, bar.label)), None)
    if font is None:
        return f"no. {place}", fonts[-1]
    text = bar.label
    while font.getlength(text) > _LABELS:
        text = text[: last_cut(text, len(text) - 2)].rstrip() + "…"
    return text, font


def _can_write(font: FreeTypeFont, text: str) -> bool:
    """Say whether a font has every letter; what is written from the right would come out unjoined, letter by letter."""
    missing = bytes(font.getmask(_FAULT))
    letters = set(text) - {" "}
    return all(bidirectional(one) not in {"R", "AL"} and bytes(font.getmask(one)) != missing for one in letters)
