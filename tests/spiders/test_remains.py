from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from spiders.cuts import Why
from spiders.remains import blocks_of, left_behind


def test_blocks_are_parted_and_what_is_unseen_is_none() -> None:
    page = "<body><p>One <b>bold</b> word<br>more</p><script>x()</script><ul><li>Two</li></ul>three</body>"
    assert blocks_of(html.fromstring(page)) == ["One bold word more", "Two", "three"]


def test_a_block_that_is_part_of_a_line_was_not_left_behind() -> None:
    text = "The treaty was signed. It holds.\nA second line."
    blocks = ["The treaty was signed.", "a second “line”", "Readers wrote this", "***"]
    assert [(one.why, one.text) for one in left_behind(blocks, text)] == [(Why.EXTRACTION, "Readers wrote this")]


def test_very_many_blocks_are_held_against_whole_lines_only() -> None:
    blocks = [f"headline {number}" for number in range(3_000)]
    found = list(left_behind([*blocks, "a line", "part of"], "a line\nit is part of a line"))
    assert len(found) == 3_001
    assert found[-1].text == "part of"


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=20), max_size=20))
def test_what_is_in_the_text_is_never_told_to_be_left_behind(lines: list[str]) -> None:
    assert not list(left_behind(lines, "\n".join(lines)))
