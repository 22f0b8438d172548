from __future__ import annotations

import pytest

from alerts import samples
from alerts.bulletin import Topic, tidied
from alerts.card import card_for
from tests.fakes import NOON


def test_one_story_has_everything_and_another_has_hardly_anything() -> None:
    full, bare = (card_for(make("#news", NOON)) for make in (samples.full_alert, samples.bare_alert))
    assert [reason.words for reason in full.reasons] == [("Reciprocal Access Agreement", "RAA"), ("rare earths",)]
    for lacking in ("link", "published", "snippet", "also", "standing"):
        assert getattr(full, lacking)
        assert not getattr(bare, lacking)
    assert bare.reasons[0].words == ()


def test_many_stories_and_one_more_of_them() -> None:
    many, copy = (card_for(make("#news", NOON)) for make in (samples.stream_alert, samples.copy_alert))
    assert (len(many.nexts), many.more, bool(many.trend)) == (2, 9, True)
    assert any(segment.hit for segment in copy.snippet)


@pytest.mark.parametrize("topic", Topic)
def test_there_is_a_clean_bulletin_of_each_topic(topic: Topic) -> None:
    one = samples.bulletins("#news", NOON)[topic]
    assert (one.topic, one.channel, tidied(one)) == (topic, "#news", one)
