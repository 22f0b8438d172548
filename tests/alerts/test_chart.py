from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alerts.bulletin import Bar
from alerts.chart import CELLS, _fonts, _label, draw, in_words, text_bars

BARS = (Bar("raa-watch", 12, 4), Bar("rare-earths", 3, 6), Bar("日本", 6))
ANY = st.lists(st.builds(Bar, st.text(max_size=8), st.integers(0, 999), st.none() | st.floats(0, 999)), min_size=1)


def widths(png: bytes, colour: tuple[int, int, int]) -> list[int]:
    """How many pixels of a colour each bar has across, from the top."""
    image = Image.open(BytesIO(png)).convert("RGB")
    lines = (image.crop((0, y, image.width, y + 1)).getcolors() or [] for y in range(image.height))
    rows = [next((count for count, shown in line if shown == colour), 0) for line in lines]
    starts = [y for y in range(1, len(rows)) if rows[y] and not rows[y - 1]]
    return [rows[y + 2] for y in starts]


def test_in_words_no_number_is_left_out() -> None:
    assert in_words(BARS) == (
        "Bar chart: stories by rule. raa-watch: 12, usually 4. rare-earths: 3, usually 6. 日本: 6."
    )  # fmt: skip


def test_bars_of_text_are_as_long_as_their_numbers_and_what_is_missing_is_shaded() -> None:
    assert text_bars(BARS) == (
        "████████████ 12, usually 4 · raa-watch",
        "███░░░ 3, usually 6 · rare-earths",
        "██████ 6 · 日本",
    )


@given(ANY)
def test_a_higher_number_never_has_a_shorter_bar(bars: list[Bar]) -> None:
    lines = text_bars(bars)
    assert len(lines) == len(bars)
    lengths = [len(line.split(" ")[0].rstrip("░")) for line in lines]
    ordered = [length for _, length in sorted(zip((bar.value for bar in bars), lengths, strict=True))]
    assert ordered == sorted(ordered)
    assert max(len(line.split(" ")[0]) for line in lines) <= CELLS


def test_the_pictures_bars_are_as_long_as_their_numbers() -> None:
    png = draw(BARS)
    now, usual = widths(png, (0x12, 0x64, 0xA3)), widths(png, (0xB5, 0xB5, 0xB8))
    assert [round(width / now[0] * 12, 1) for width in now] == [12, 3, 6]
    assert [round(width / now[0] * 12, 1) for width in usual] == [4, 6]


@pytest.mark.parametrize(
    "bars", [(Bar("", 0), Bar("x" * 400, 10**9, 10**9)), (Bar("a\uffffb", 1), Bar("\u202e", 0, 0))]
)
def test_a_picture_is_drawn_of_whatever_the_bars_say(bars: tuple[Bar, ...]) -> None:
    png = draw(bars)
    assert Image.open(BytesIO(png)).size[0] == 1200
    assert len(png) < 100_000


def test_a_label_that_cannot_be_written_gives_way_to_its_place() -> None:
    own = _fonts()[-1:]
    assert [_label(bar, place, own)[0] for place, bar in enumerate(BARS, 1)] == ["raa-watch", "rare-earths", "no. 3"]
    assert _label(Bar("مراقبة", 1), 2, _fonts())[0] == "no. 2"  # its letters would stand unjoined, from left to right
    assert _label(Bar("W" * 80, 1), 1, own)[0].endswith("W…")
