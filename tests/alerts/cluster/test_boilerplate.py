from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.boilerplate import BUCKET, COMMON, common, is_kept, line_keys, without_lines

FRAME = "Sign up for our letter.\n\nThe port strike ended on Friday.\n\n* * *\n\nFollow us — everywhere!"


def test_lines_have_keys_whatever_their_typography() -> None:
    assert len(line_keys(FRAME)) == 3
    assert line_keys("SIGN UP for our letter") | line_keys("Follow us, everywhere") < line_keys(FRAME)
    assert line_keys("Follow us today") & line_keys(FRAME) == frozenset()
    assert all(-(2**63) <= key < 2**63 for key in line_keys(FRAME))


def test_lines_of_many_stories_are_boilerplate() -> None:
    assert common({1: COMMON - 1, 2: COMMON, 3: 900}) == {2, 3}
    frame = line_keys("Sign up for our letter.\nFollow us everywhere")
    assert without_lines(FRAME, frame).split() == ["The", "port", "strike", "ended", "on", "Friday.", "*", "*", "*"]


@given(st.text(st.sampled_from("ab. \n\r\u2028"), max_size=40), st.text(st.sampled_from("ab. \n"), max_size=20))
def test_what_is_left_has_no_boilerplate_and_all_other_lines(text: str, frame: str) -> None:
    boilerplate = line_keys(frame)
    left = without_lines(text, boilerplate)
    assert line_keys(left) == line_keys(text) - boilerplate
    assert without_lines(text, ()) == text
    assert without_lines(left, boilerplate) == left


class Table:
    """What the store does, in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, int]] = {}
        self.total = 0
        self.most = 0

    def add(self, lines: set[str]) -> None:
        for line in lines:
            stories, since = self.rows.get(line, (0, self.total))
            self.rows[line] = (stories + 1, since)
        self.total += 1
        self.most = max(self.most, len(self.rows))
        if self.total % BUCKET == 0:
            self.rows = {line: row for line, row in self.rows.items() if is_kept(*row, self.total)}


@given(st.lists(st.sampled_from(["sign up", "follow us", "on the port strike", ""]), max_size=400))
def test_a_frequent_line_is_never_forgotten(frames: list[str]) -> None:
    table, counted = Table(), Counter[str]()
    for number, frame in enumerate(frames):
        table.add({frame, f"the news of story {number}"})
        counted[frame] += 1
    for frame, count in counted.items():
        kept = table.rows.get(frame, (0, 0))[0]
        assert count - table.total // BUCKET <= kept <= count


def test_lines_told_once_take_no_room_for_long() -> None:
    table = Table()
    for number in range(2000):
        table.add({f"line {line} of story {number}" for line in range(12)} | {"Follow us"})
    assert table.most == 12 * BUCKET + 1
    assert table.rows == {"Follow us": (2000, 0)}
