from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox import Receipt
from crawler.ids import encode
from crawler.why.messages import link_of
from crawler.why.subject import Subject, subject_of

MESSAGE = Receipt(channel="C0NEWS0001", message="1795744817.074525")


@pytest.mark.parametrize(
    "link",
    [
        "https://desk.slack.com/archives/C0NEWS0001/p1795744817074525",
        "https://desk.slack.com/archives/C0NEWS0001/p1795744817074525?thread_ts=1795744810.794562&cid=C0NEWS0001",
        "<https://desk.enterprise.slack.com/archives/C0NEWS0001/p1795744817074525/>",
        "https://app.slack.com/client/T0TEAM0001/C0NEWS0001/p1795744817074525",
        "<https://desk.slack.com/archives/C0NEWS0001/p1795744817074525|the message>",
        "https://app.slack.com/client/T0TEAM0001/C0NEWS0001/thread/C0NEWS0001-1795744817.074525",
        "desk.slack.com/archives/C0NEWS0001/p1795744817074525",
        "https://slack.com/app_redirect?channel=C0NEWS0001&message_ts=1795744817.074525",
    ],
)
def test_a_link_of_slack_is_the_place_of_a_message(link: str) -> None:
    assert subject_of(link) == Subject(message=MESSAGE)


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/archives/C0NEWS0001/p1795744817074525",  # another's archive
        "https://slack.com/blog/a-story",
        "https://notslack.com/archives/C0NEWS0001/p1795744817074525",
    ],
)
def test_other_addresses_are_those_of_stories(url: str) -> None:
    assert subject_of(url) == Subject(url=url)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("news.example/2026/a-story", "https://news.example/2026/a-story"),
        ("www.news.example:8443/a?b=c", "https://www.news.example:8443/a?b=c"),
        ("<https://news.example/a-story|A story>", "https://news.example/a-story"),
    ],
)
def test_an_address_may_lack_its_scheme_or_come_as_slack_writes_it(written: str, url: str) -> None:
    assert subject_of(written) == Subject(url=url)


@pytest.mark.parametrize(
    "text", ["", "zzz", "http://", "https://[", "https://a b.example/c", "0" * 12, "U" * 13, "ftp://news.example/a"]
)
def test_what_is_none_of_these_is_nothing(text: str) -> None:
    assert subject_of(text) is None


@given(st.integers(1, 2**63 - 1))
def test_every_id_of_a_story_is_one_in_any_case(number: int) -> None:
    assert subject_of(encode(number).lower()) == subject_of(f" {encode(number)} ") == Subject(story=number)


@given(st.text(max_size=60))
def test_nothing_that_people_type_breaks_it(text: str) -> None:
    for written in (text, f"https://{text}", f"https://x.slack.com/archives/{text}"):
        subject_of(written)


def test_the_link_that_is_shown_leads_back_to_the_message() -> None:
    assert subject_of(link_of(MESSAGE) or "") == Subject(message=MESSAGE)
    assert link_of(Receipt(channel="#news", message="terminal")) is None
    assert link_of(None) is None
