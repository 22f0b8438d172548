"""What follows from each event in the life of a subscription."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.visits.subscription import LEASE, SPACING, Ask, Offer, Signature, Subscription, announces, changes
from tests.fakes import NOON

OFFER = Offer(source="bbc", hub="https://hub.example/", topic="https://bbc.example/feed")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def made(offer: Offer = OFFER, **changes: Any) -> Subscription:
    values: dict[str, Any] = {
        "path": f"path-{offer.source}",
        "source": offer.source,
        "hub": offer.hub,
        "topic": offer.topic,
        "callback": "https://desk.example/hook/path",
        "secret": "s3cret",
        "next_at": NOON,
    }
    return Subscription(**values | changes)


def held(**changes: Any) -> Subscription:
    confirmed = made(**changes).asked(NOON).confirmed(LEASE, NOON)
    assert confirmed is not None
    return confirmed


def test_there_is_one_for_each_offer_and_none_that_is_not_offered() -> None:
    other = replace(OFFER, source="nhk")
    assert list(changes([], [OFFER, other], NOON, made)) == [made(OFFER), made(other)]
    assert list(changes([held()], [OFFER], NOON, made)) == []
    (leaving,) = changes([held()], [], NOON + DAY, made)
    assert (leaving.wanted, leaving.asking, leaving.next_at) == (False, Ask.NOTHING, NOON + DAY)
    assert list(changes([leaving], [], NOON, made)) == []
    (back,) = changes([leaving], [OFFER], NOON + DAY, made)
    assert (back.wanted, back.next_at) == (True, NOON + DAY)


def test_another_topic_or_hub_is_another_subscription() -> None:
    moved = replace(OFFER, topic="https://bbc.example/new")
    leaving, new = changes([held()], [moved], NOON, made)
    assert (leaving.offer, leaving.wanted) == (OFFER, False)
    assert (new.offer, new.wanted) == (moved, True)


def test_a_lease_is_renewed_before_it_ends_and_kept_within_reason() -> None:
    for asked, granted in ((timedelta(days=5), timedelta(days=5)), (timedelta(0), LEASE), (None, LEASE),
                           (timedelta(seconds=1), MINUTE), (timedelta(days=9999), timedelta(days=90))):  # fmt: skip
        one = made().asked(NOON).confirmed(asked, NOON)
        assert one is not None
        assert one.until == NOON + granted
        assert NOON < one.next_at < one.until
        assert one.holds(NOON)
        assert one.holds(one.until - MINUTE)
        assert not one.holds(one.until)


def test_it_still_holds_while_it_is_being_renewed() -> None:
    renewing = held().asked(NOON + 8 * DAY)
    assert renewing.holds(NOON + 8 * DAY)
    refused = renewing.refused("http-500", NOON + 8 * DAY)
    assert refused is not None
    assert refused.holds(NOON + 9 * DAY)


def test_a_hub_that_does_not_answer_is_asked_less_and_less_often() -> None:
    one, waits, now = made(), [], NOON
    for _ in range(9):
        asked = one.asked(now).refused("timeout", now)
        assert asked is not None
        one = asked
        waits.append(one.next_at - now)
        now = one.next_at
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (MINUTE, DAY)


def test_only_what_was_asked_is_confirmed() -> None:
    fresh, asked, leaving = made(), made().asked(NOON), replace(held(), wanted=False).asked(NOON)
    assert asked.confirms("subscribe", OFFER.topic)
    assert leaving.confirms("unsubscribe", OFFER.topic)
    for one, mode, topic in (
        (fresh, "subscribe", OFFER.topic),
        (fresh, "", OFFER.topic),
        (held(), "subscribe", OFFER.topic),
        (held(), "unsubscribe", OFFER.topic),
        (asked, "unsubscribe", OFFER.topic),
        (asked, "subscribe", OFFER.topic + "/"),
        (leaving, "subscribe", OFFER.topic),
    ):
        assert not one.confirms(mode, topic)


def test_leaving_ends_with_the_hubs_yes_or_after_three_tries() -> None:
    leaving = replace(held(), wanted=False, tries=0)
    assert not leaving.is_over()
    assert leaving.asked(NOON).confirmed(None, NOON) is None
    tried = leaving.asked(NOON).refused("http-500", NOON)
    assert tried is not None
    again = tried.asked(NOON).refused("http-500", NOON)
    assert again is not None
    assert again.asked(NOON).refused("http-500", NOON) is None
    assert again.asked(NOON).is_over()
    assert replace(made(), wanted=False).is_over()  # it never was


def test_a_denial_ends_it_until_tomorrow() -> None:
    denied = held().denied("no longer served", NOON)
    assert denied is not None
    assert (denied.holds(NOON), denied.next_at, denied.trouble) == (False, NOON + DAY, "denied: no longer served")


@given(st.lists(st.floats(0, 600), max_size=60))
def test_a_storm_of_pushes_causes_one_visit_a_minute_and_one_after_the_last(gaps: list[float]) -> None:
    one, now, visits, last = held(), NOON, list[datetime](), None
    for gap in gaps:
        now += timedelta(seconds=gap)
        while one.look_at is not None and one.look_at <= now:
            visits.append(one.look_at)
            one = one.looked_again(one.look_at)
        one, at_once = one.heard(now)
        last = now
        if at_once:
            visits.append(now)
    for _ in range(3):
        if one.look_at is not None:
            visits.append(one.look_at)
            one = one.looked_again(one.look_at)
    assert one.look_at is None
    assert all(later - earlier >= SPACING for earlier, later in pairwise(visits))
    assert last is None or (visits[-1] > last and visits[-1] - last <= 2 * SPACING)


def test_pushes_count_as_long_as_they_announce_what_visits_find() -> None:
    assert not announces(None, NOON)
    assert announces(NOON, None)
    assert announces(NOON, NOON + MINUTE)
    assert announces(NOON, NOON - 30 * DAY)
    assert not announces(NOON, NOON + timedelta(hours=1))


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_is_over_the_whole_body_with_the_secret(method: str) -> None:
    def signed(header: str, *pieces: bytes) -> bool:
        signature = Signature(header, "s3cret")
        for piece in pieces:
            signature.update(piece)
        return signature.holds()

    seal = hmac.new(b"s3cret", b"<feed/>", method).hexdigest()
    assert signed(f"{method}={seal}", b"<fe", b"", b"ed/>")
    assert signed(f" {method.upper()}={seal.upper()} ", b"<feed/>")
    assert not signed(f"{method}={seal}", b"<feed />")
    assert not signed(f"{method}={seal[:-1]}", b"<feed/>")
    assert not signed(f"md5={hmac.new(b's3cret', b'<feed/>', 'md5').hexdigest()}", b"<feed/>")


@given(st.text(max_size=100))
def test_no_header_that_somebody_makes_up_is_a_signature(header: str) -> None:
    signature = Signature(header, "s3cret")
    signature.update(b"<feed/>")
    assert not signature.holds()
