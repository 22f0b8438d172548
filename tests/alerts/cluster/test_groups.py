from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.groups import Group, Member, choose_lead, components, independent, survivor

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def member(number: int, owner: str, kind: str | None = None, origin: str | None = None) -> Member:
    """Seen so many minutes after nine."""
    seen = NINE + timedelta(minutes=number)
    return Member(story=number, outlet=owner.title(), owner=owner, kind=kind, seen=seen, origin=origin)


def test_the_first_seen_leads() -> None:
    lead = choose_lead([member(2, "daily"), member(1, "herald"), member(3, "post")])
    assert (lead.member.owner, lead.reason) == ("herald", "first seen")


def test_a_wire_leads_wherever_it_was_seen() -> None:
    lead = choose_lead([member(1, "daily"), member(2, "agency", "wire"), member(3, "cable", "wire")])
    assert (lead.member.owner, lead.reason) == ("agency", "a wire")


def test_the_origin_that_copies_name_leads() -> None:
    group = [
        member(1, "daily", origin="herald"),
        member(2, "agency", "wire"),
        member(3, "herald", origin="herald"),
        member(4, "post", origin="herald"),
        member(5, "gazette", origin="agency"),
    ]
    lead = choose_lead(group)
    assert (lead.member.owner, lead.reason) == ("herald", "named as the origin by 2 of 5")


def test_an_origin_that_is_no_member_or_names_itself_says_nothing() -> None:
    lead = choose_lead([member(1, "daily", origin="unseen"), member(2, "herald", origin="herald")])
    assert (lead.member.owner, lead.reason) == ("daily", "first seen")


def test_copies_of_one_text_are_one_voice() -> None:
    copies = [member(1, "daily"), member(2, "agency", "wire"), member(3, "post")]
    own, second = [member(4, "post")], [member(5, "agency", "wire")]
    voices = independent([own, copies, second])
    assert [(voice.owner, voice.story) for voice in voices] == [("agency", 2), ("post", 4)]
    assert independent([]) == ()


def test_the_group_that_people_know_goes_on_else_the_oldest() -> None:
    known = survivor([Group(1, told=False), Group(3, told=True), Group(2, told=True)])
    assert (known.group, known.reason) == (2, "people were told of it")
    oldest = survivor([Group(9, told=False), Group(4, told=False)])
    assert (oldest.group, oldest.reason) == (4, "it is the oldest")
    with pytest.raises(ValueError, match="no groups"):
        survivor([])


def test_a_chain_of_copies_is_one_group() -> None:
    assert components([4, 2, 3, 1], [(3, 4), (4, 1)]) == (frozenset({1, 3, 4}), frozenset({2}))
    assert components([], []) == ()


@given(st.sets(st.integers(0, 9), min_size=1), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_groups_are_what_copies_join_and_nothing_else(stories: set[int], pairs: list[tuple[int, int]]) -> None:
    copies = [pair for pair in pairs if stories.issuperset(pair)]
    groups = components(stories, copies)
    assert sorted(one for group in groups for one in group) == sorted(stories)
    assert all(any({*pair} <= group for group in groups) for pair in copies)
    assert all(len(group) <= 1 + sum({*pair} <= group for pair in copies) for group in groups)
    assert components(sorted(stories, reverse=True), copies[::-1]) == groups


def test_a_group_has_members() -> None:
    with pytest.raises(ValueError, match="has members"):
        choose_lead([])


GROUP = st.lists(
    st.builds(
        member,
        st.integers(0, 99),
        st.sampled_from(["agency", "daily", "herald"]),
        st.sampled_from(["wire", None]),
        st.sampled_from(["agency", "daily", "herald", "unseen", None]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.story,
)


@given(GROUP.flatmap(lambda group: st.tuples(st.just(group), st.permutations(group))))
def test_the_order_of_members_makes_no_difference(groups: tuple[list[Member], list[Member]]) -> None:
    assert choose_lead(groups[0]) == choose_lead(groups[1])


@given(st.lists(GROUP, max_size=5))
def test_voices_are_leads_of_different_owners(groups: list[list[Member]]) -> None:
    voices = independent(groups)
    leads = [choose_lead(group).member for group in groups]
    assert {voice.owner for voice in voices} == {lead.owner for lead in leads}
    assert len({voice.owner for voice in voices}) == len(voices)
    assert all(voice in leads for voice in voices)
