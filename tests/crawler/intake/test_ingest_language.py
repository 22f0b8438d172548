from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crawler.store.makers import Newsroom, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from crawler.store import Store


@pytest.mark.parametrize(
    ("said", "title", "language"),
    [
        ("en-us", "Le gouvernement annonce un accord sur les terres rares avec le Japon", "fr"),
        (None, "日本とフランスが協定に署名", "ja"),
        ("pt-br", "Lula Macron", "pt"),
        (None, "123", None),
    ],
)
async def test_a_story_is_stored_with_the_language_of_its_words(
    store: Store, newsroom: Newsroom, said: str | None, title: str, language: str | None
) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title=title, language=said))
    (outcome,) = await store.outcomes(NOON)
    story = await store.story(outcome.story)
    assert story is not None
    assert story.language == language
