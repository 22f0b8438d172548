from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from alerts.rules.ruleset import RuleSet
from crawler.config import load
from tests.golden.items import Item, load_golden
from tests.golden.score import Verdict, faults, judge_all, scores, table

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def items() -> tuple[Item, ...]:
    return load_golden()


@pytest.fixture(scope="module")
def verdicts(items: tuple[Item, ...]) -> tuple[Verdict, ...]:
    return judge_all(load(ROOT / "config.yaml", {}).rules, items)


def test_each_rule_reaches_the_bar_in_all_languages_and_each_language_over_all_rules(
    verdicts: tuple[Verdict, ...],
) -> None:
    report = table(verdicts)
    print(report)  # noqa: T201  the table is for who runs pytest -s
    assert [score.name for score in scores(verdicts) if not score.passes] == [], f"\n{report}"


def test_the_half_written_without_sight_of_the_rules_reaches_it_too(verdicts: tuple[Verdict, ...]) -> None:
    blind = [verdict for verdict in verdicts if verdict.item.blind]
    wrong = "\n".join(faults(blind))
    assert [score.name for score in scores(blind) if not score.passes] == [], f"\n{wrong}"


def test_what_fires_has_the_right_severity_and_highlights(verdicts: tuple[Verdict, ...]) -> None:
    assert [f for verdict in verdicts if verdict.fired == verdict.item.rules for f in faults([verdict])] == []


def test_every_shipped_rule_has_thirty_positives_and_thirty_near_misses(items: tuple[Item, ...]) -> None:
    rules = {rule.id for rule in load(ROOT / "config.yaml", {}).rules.rules}
    assert {item.topic for item in items} == rules
    assert {rule for item in items for rule in item.rules} == rules
    for half, least in ((items, 30), ([item for item in items if item.blind], 16)):
        positives = Counter(item.topic for item in half if item.topic in item.rules)
        near_misses = Counter(item.topic for item in half if item.topic not in item.rules)
        assert min(positives[rule] for rule in rules) >= least
        assert min(near_misses[rule] for rule in rules) >= least


def test_at_least_half_of_the_items_were_written_without_sight_of_the_rules(items: tuple[Item, ...]) -> None:
    assert sum(item.blind for item in items) * 2 >= len(items)


def test_each_file_speaks_at_least_eight_languages_on_both_sides(items: tuple[Item, ...]) -> None:
    for topic in {item.topic for item in items}:
        for fires in (True, False):
            languages = {item.lang for item in items if item.topic == topic and (topic in item.rules) is fires}
            assert languages >= {"en", "ja", "fr", "zh", "de", "ru", "ko", "th"}


def test_every_item_is_told_once_and_names_the_words_it_fires_by(items: tuple[Item, ...]) -> None:
    assert len({item.id for item in items}) == len(items)
    assert len({(item.title, item.body) for item in items}) == len(items)
    for item in items:
        assert bool(item.rules) is bool(item.highlights) is (item.severity is not None), item.id
        assert all(words in f"{item.title}\n{item.body}" for words in item.highlights), item.id


def test_rules_that_find_nothing_are_below_the_bar_and_every_positive_is_named(items: tuple[Item, ...]) -> None:
    verdicts = judge_all(RuleSet.empty(), items)
    assert not any(score.passes for score in scores(verdicts))
    assert {verdict.item.id for verdict in verdicts if verdict.faults} == {item.id for item in items if item.rules}


def test_rules_that_find_too_much_are_below_the_bar_and_every_near_miss_is_named(
    items: tuple[Item, ...], tmp_path: Path
) -> None:
    eager = tmp_path / "config.yaml"
    rules = "".join(f"  - {{id: {topic}, when: title:/./}}\n" for topic in sorted({item.topic for item in items}))
    eager.write_text(
        f"defaults: {{to: ['#news']}}\nsources: [{{url: https://a.example/feed}}]\nrules:\n{rules}", encoding="utf-8"
    )
    verdicts = judge_all(load(eager, {}).rules, items)
    assert not any(score.passes for score in scores(verdicts))
    assert {verdict.item.id for verdict in verdicts if verdict.faults} == {item.id for item in items}
