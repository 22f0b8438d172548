from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from alerts.policy import Reason
from alerts.story import Severity
from crawler.config import load
from crawler.replay.difference import compare, renamed
from tests.crawler.replay.made import decision, match, result
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.rules.ruleset import Rule


def test_what_only_one_of_two_tells_is_gained_or_lost() -> None:
    after = result([decision(1), decision(2), decision(3, channel="#desk")])
    before = result([decision(2), decision(3), decision(4)])
    found = compare(after, before)
    assert [(one.story, one.channel) for one in found.gained] == [(1, "#news"), (3, "#desk")]
    assert [(one.story, one.channel) for one in found.lost] == [(3, "#news"), (4, "#news")]
    assert [one.story for one in found.unchanged] == [2]


def test_copies_of_one_story_are_one_whichever_was_told() -> None:
    found = compare(result([decision(5, group=1)]), result([decision(6, group=1)]))
    assert (found.gained, found.lost, [one.story for one in found.unchanged]) == ([], [], [5])


def test_what_is_not_told_does_not_count_and_what_a_summary_lists_does() -> None:
    copy = decision(1, reason=Reason.COPY, message=None)
    held = decision(2, reason=Reason.OVER_BUDGET, message=None)
    found = compare(result([copy, held]), result())
    assert [one.story for one in found.gained] == [2]


def test_another_severity_is_noted() -> None:
    graver = decision(1, match=match(severity=Severity.CRITICAL))
    assert compare(result([graver]), result([decision(1)])).graver == 1


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_gained_lost_and_unchanged_are_all_there_is_each_once(new: set[int], old: set[int]) -> None:
    found = compare(result([decision(one) for one in new]), result([decision(one) for one in old]))
    gained, lost, same = ({one.story for one in some} for some in (found.gained, found.lost, found.unchanged))
    assert (gained, lost, same) == (new - old, old - new, new & old)


def test_the_first_time_that_a_story_is_told_is_shown() -> None:
    later = decision(1, version=2, at=NOON + timedelta(hours=1), reason=Reason.EDITED)
    (one,) = compare(result([later, decision(1)]), result()).gained
    assert one.version == 1


def rules(folder: Path, written: str) -> tuple[Rule, ...]:
    path = folder / "config.yaml"
    path.write_text(f'sources: [{{id: wire, url: "https://wire.example/feed"}}]\nrules:\n{written}')
    return load(path, {}).rules.rules


def test_a_rule_of_the_same_words_under_another_id_is_renamed(tmp_path: Path) -> None:
    stays = "\n  - {id: stays, when: tin, to: '#n'}"
    before = rules(tmp_path, "  - {id: old, when: talks, only: {tier: 2}, to: '#n'}" + stays)
    after = rules(tmp_path, "  - {id: new, when: talks, only: {tier: 2}, to: '#m'}" + stays)
    assert renamed(after, before) == {"new": "old"}
    assert renamed(before, before) == {}
    other = rules(tmp_path, "  - {id: new, when: talks, only: {tier: 1}, to: '#n'}")
    assert renamed(other, before) == {}
    twice = rules(tmp_path, "".join(f"  - {{id: n{one}, when: talks, only: {{tier: 2}}, to: '#n'}}\n" for one in "ab"))
    assert renamed(twice, before) == {}


def test_what_a_renamed_rule_tells_is_neither_gained_nor_lost() -> None:
    after = result([decision(1, match=match("new")), decision(2, match=match("new"))])
    before = result([decision(1, match=match("old")), decision(3, match=match("old"))])
    found = compare(after, before, {"new": "old"})
    told = ([one.story for one in some] for some in (found.gained, found.lost, found.unchanged))
    assert [*told] == [[2], [3], [1]]
