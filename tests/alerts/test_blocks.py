from array import array

from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_DIR, MODEL_FILE
from py3langid.modelio import load_model

from alerts.blocks import Blocks

NUMBERS = st.lists(st.integers(0, 3) | st.integers(0, 2**32 - 1))


@given(st.lists(NUMBERS), st.integers(1, 40))
def test_every_number_is_found_at_its_place(parts: list[list[int]], times: int) -> None:
    numbers = [number for part in parts for number in part * times]
    blocks = Blocks(array("I", numbers))
    assert [blocks[place] for place in range(len(numbers))] == numbers


def test_numbers_of_two_bytes_stay_so() -> None:
    numbers = [*range(70), 65_535]
    blocks = Blocks(array("H", numbers))
    assert [blocks[place] for place in range(len(numbers))] == numbers


def test_the_table_by_which_languages_are_known_stays_what_it_is() -> None:
    moves = load_model(MODEL_DIR / MODEL_FILE)[3]
    blocks = Blocks(moves)
    places = range(0, len(moves), 97)
    assert [blocks[place] for place in places] == [moves[place] for place in places]
