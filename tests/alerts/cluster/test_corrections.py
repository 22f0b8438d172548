from __future__ import annotations

import pytest

from alerts.cluster.corrections import correction_in
from alerts.cluster.updates import compare
from tests.fakes import story

OLD = "The ministers met in the capital on Monday. They spoke for two hours about the harbour and its cranes."


def corrected(sentence: str, old: str = OLD) -> str | None:
    text = f"{old}\n\n{sentence}"
    change = compare(title="Talks", text=old, new_title="Talks", new_text=text)
    now = story("Talks", text)
    found = correction_in(now, change.added)
    return found.of(now) if found else None


@pytest.mark.parametrize(
    "sentence",
    [
        "Correction: the meeting was held on Sunday, not on Monday.",
        "CORRECTION (3 March): the harbour has four cranes.",
        "[Corrected] The harbour has four cranes and not five.",
        "Editor’s note: the minister's name has been put right.",
        "This article was amended on 4 March because the number of cranes was wrong.",
        "An earlier version of this story misstated the number of cranes.",
        "We have corrected the number of cranes that the harbour has.",
        "Rectificatif : le port compte quatre grues et non cinq.",
        "Anmerkung der Redaktion: In der Überschrift stand ein falscher Name.",
        "In einer früheren Fassung des Artikels stand eine falsche Zahl.",
        "Fe de errores: el puerto tiene cuatro grúas.",
        "Исправление: в порту четыре крана.",
        "訂正：港のクレーンは4基でした。",
        "更正：港口有四台起重机。",
        "정정: 항구의 크레인은 네 대입니다.",
        "تصحيح: في الميناء أربع رافعات.",
    ],
)
def test_a_sentence_that_corrects_is_found(sentence: str) -> None:
    assert corrected(sentence) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "Corrections officers of the prison went on strike the same evening.",
        "The correction of the market continued for a third week in a row.",
        "Clarification of the rules is what the harbour's workers have been asking for since autumn.",
        "This article was written by our correspondent at the harbour on a wet evening.",
        "This article is part of a series about harbours in the north of the country.",
        "On Tuesday they will meet again to speak about the price of the cranes.",
    ],
)
def test_what_only_speaks_of_corrections_is_none(sentence: str) -> None:
    assert corrected(sentence) is None


def test_what_stood_there_before_is_not_told_again() -> None:
    old = f"{OLD}\n\nCorrection: the meeting was held on Sunday, not on Monday."
    assert corrected("They will meet again in spring to speak about the price.", old) is None


@pytest.mark.parametrize(
    ("before", "now", "corrects"),
    [
        ("Quake of magnitude 7.4 hits", "CORRECTED: Quake of magnitude 7.2 hits", True),
        ("Quake of magnitude 7.4 hits", "CORRECTED-Quake of magnitude 7.2 hits", True),
        ("Quake of magnitude 7.4 hits", "WITHDRAWN: Quake hits", True),
        ("Quake of magnitude 7.4 hits", "訂正:地震", True),
        ("Quake of magnitude 7.4 hits", "Quake of magnitude 7.2 hits", False),
        ("Quake of magnitude 7.4 hits", "Corrected figures show growth", False),
        ("CORRECTED: Quake hits", "CORRECTED: Quake hits Aomori", False),
        (None, "CORRECTED: Quake hits", False),
    ],
)
def test_a_new_headline_says_that_the_story_was_wrong(before: str | None, now: str, *, corrects: bool) -> None:
    told = story(title=now, text="")
    found = correction_in(told, (), before)
    assert (found is not None) is corrects
    assert found is None or found.of(told) == now
