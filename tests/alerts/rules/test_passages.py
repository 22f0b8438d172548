from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.fold import fold
from alerts.rules.passages import folded_ends, paragraph_ends, sentence_ends


def sentences(text: str) -> list[str]:
    ends = sentence_ends(text)
    return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    "text",
    [
        "Japan verhängt am 3. Oktober sanctions.",
        "Treffen am 12. November 2026, am 3. 10. 2026 und im 2. Quartal.",
        "Auf dem 20. Parteitag des 19. Jahrhunderts.",
        "Den 3. oktober møtes de.",
        "EE.UU. España y EE. UU. Japón.",
        "Rund 3 Mrd. Euro, 5 Mio. Dollar, Abs. Drei und Hr. Müller.",
        "Con la Dra. Pérez y el Sr. Gómez.",
        "Дом на ул. Ленина, университет им. Путина, 5 млн. Рублей.",
        "日本は「強い。」と中国に言った。",
        "日本（東京。）と中国。",
        "Il a dit « Oui ! » hier.",
        "Korea at 5 p.m. Tuesday in the U.S. Senate.",
        "George W. Bush, J. A. Smith, M. Dupont and Dr. He.",
        "See No. 5, art. 3, fig. 2, p. 7 and vol. 8.",
        "Yahoo! it said.",
    ],
)
def test_no_sign_within_ends_a_sentence(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("中国有稀土。", "gallium is up."),
        ("中国有稀土？", "gallium is up."),
        ("「日本は強い。」", "中国は弱い。"),
        ("Gallium is up. ", "iPhone sales fell."),
        ("It ended with World War I. ", "Japan lost."),
        ("There is a plan B. ", "Japan lost."),
        ("It met at 5 p.m. ", "The minister left."),
        ("It met in the U.S. ", "The minister left."),
        ("Is it OK?", "Japan asked."),
        ("It says no. ", "Japan asked."),
        ("In the year 2026. ", "Japan asked."),
        ("Es war das Jahr 20. ", "Japan fragte."),
        ("Museum of Modern Art. ", "Japan asked."),
        ("« Oui ! » ", "Le Japon répond."),
        ("It is done.[1] ", "Japan asked."),
        ("한국은 간다.", "중국은 온다."),
        ("भारत आया। ", "चीन गया।"),
        ("Japan asked\n \n", "and left"),
    ],
)
def test_these_do(first: str, second: str) -> None:
    assert sentences(first + second) == [first.strip(), second]


def test_a_line_of_blanks_ends_a_paragraph() -> None:
    assert paragraph_ends("uranium\n \t\n enrichment") == [12, 22]


PIECES = [
    *'ab Bé 1.,!?…·・_」»"』 \n。？｡が と중다日',
    "Dr.",
    "plan B.",
    "War I.",
    "p.m.",
    "3. Mai",
    "EE.UU.",
    "\n \n",
    "[1]",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_passages_end_where_the_folds_of_their_texts_do(text: str) -> None:
    for ends in (sentence_ends(text), paragraph_ends(text)):
        assert sorted(set(ends)) == ends
        assert ends[-1] == len(text)
        folded, start = fold(text), 0
        for end, place in zip(ends, folded_ends(text, ends), strict=True):
            assert folded[: place + 1] == fold(text[:end]), text[start:end]
            start = end
