from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.tuning.names import folded_name
from alerts.tuning.spellings import Spellings, beside, distance

WORDS = st.text(alphabet="abcd", max_size=7)


def spans(text: str, name: str) -> list[tuple[int, int]]:
    return [(at, at + len(name)) for at in range(len(text)) if text.startswith(name, at)]


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        ("The Reciprocal Access Agreement (RAA) was signed.", "Reciprocal Access Agreement", ["RAA"]),
        ("The Reciprocal Access Agreement (RAA) was signed.", "RAA", ["Reciprocal Access Agreement"]),
        ("a reciprocal access agreement (“RAA”) was", "reciprocal access agreement", ["RAA"]),
        ("円滑化協定\uff08RAA\uff09について", "RAA", ["円滑化協定"]),
        ("the RAA (signed in 2024 by both of the two governments after many years) holds", "RAA", []),
        ("the RAA (2024) holds", "RAA", []),
        ("the RAA and (others)", "RAA", []),
    ],
)
def test_names_stand_in_brackets_beside_known_ones(text: str, known: str, found: list[str]) -> None:
    assert list(beside(text, spans(text, known))) == found


@pytest.mark.parametrize(
    ("known", "text", "found"),
    [
        ("zaporizhzhia", "Shelling near Zaporozhzhia and Zaporizhia", ["zaporozhzhia", "zaporizhia"]),
        ("gallium", "Gallim prices, gallium prices, galliums", ["gallim"]),
        ("reciprocal access agreement", "the reciprocal acces agreement", ["reciprocal acces agreement"]),
        ("rare earth", "a rare heart", []),  # short words have neighbours that mean something else
        ("nickel", "pickle and tickel", []),  # another first letter is another word
        ("レアアース", "レアーアースの輸出", ["レアーアース"]),
        ("稀土", "希土", []),
        ("agreement", "agreements agreement", []),
    ],
)
def test_variants_are_near_and_no_plurals(known: str, text: str, found: list[str]) -> None:
    assert [there for _, there in Spellings([known]).variants(folded_name(text).split())] == found


def reference(one: str, other: str) -> int:
    """Count the same by the definition, a whole table at a time."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if not i or not j:
                table[i][j] = i + j
                continue
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@given(WORDS, WORDS, st.integers(0, 3))
def test_the_distance_is_that_of_its_definition(one: str, other: str, most: int) -> None:
    assert distance(one, other, most) == min(reference(one, other), most + 1)


@given(st.lists(st.text(max_size=12), max_size=5), st.text(max_size=120))
def test_a_variant_is_never_a_known_name(names: list[str], text: str) -> None:
    known = {folded for name in names if (folded := folded_name(name))}
    assert all(one in known and there != one for one, there in Spellings(known).variants(folded_name(text).split()))


@given(st.lists(WORDS.filter(bool), max_size=6), WORDS.filter(bool), st.integers(6, 8))
def test_whatever_is_near_by_its_definition_is_found(names: list[str], there: str, length: int) -> None:
    known = {name.ljust(length, "c") for name in names}
    word = there.ljust(length, "c")
    allowed = {name: (len(name) >= 6) + (len(name) >= 8) for name in known}
    plural = {name for name in known if {word.removeprefix(name), name.removeprefix(word)} & {"s", "es", "e"}}
    near = {name for name in known - plural - {word} if name[0] == word[0] and reference(name, word) <= allowed[name]}
    assert {name for name, _ in Spellings(known).variants([word])} == near


def test_a_name_that_is_learnt_later_is_found_in_words_that_were_seen_before() -> None:
    names = Spellings(["gallium"])
    assert list(names.variants(["gallym", "gemanium"])) == []
    names.add(["germanium"])
    assert list(names.variants(["gallym", "gemanium"])) == [("germanium", "gemanium")]
