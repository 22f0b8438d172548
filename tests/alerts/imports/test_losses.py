"""What an import leaves out may have narrowed a query: such a rule is on trial, and says what it lacks."""

from __future__ import annotations

import pytest
import yaml

from alerts.errors import ConfigError
from alerts.imports import DIALECTS
from alerts.imports.translate import translate
from alerts.rules.printing import print_query

AWKWARD = [
    ("factiva", "nickel and rst=j", "nickel", "1:12: the code rst= of Factiva's was left out"),
    ("factiva", "nickel near/5 export", "nickel AND export", "1:8: the operator near/5 is not one of this system's"),
    ("factiva", "nickel w/s export", "nickel AND export", "1:8: the operator w/s is not"),
    ("factiva", "nickel pre/3 export", "nickel AND export", "1:8: the operator pre/3 is not"),
    ("factiva", "nickel onear5 export", "nickel AND export", "1:8: the operator onear5 is not"),
    ("factiva", "nickel and wc>500", "nickel", "wc"),
    ("factiva", "nickel and date from 1/1/2020 to 2/2/2021", "nickel", "date from"),
    ("factiva", "nickel / export", '"nickel export"', "the sign / was left out"),
    ("lexis", "nickel adj5 export", "nickel AND export", "1:8: the operator adj5 is not"),
    ("lexis", "nickel near5 export", "nickel AND export", "1:8: the operator near5 is not"),
    ("lexis", "nickel AND COMPANY(vale)", "nickel", "the segment COMPANY() was left out"),
    ("lexis", "nickel AND DATE(>2020)", "nickel", "the limit DATE(>2020) was left out"),
    ("meltwater", "nickel NEAR5 export", "nickel AND export", "1:8: the operator NEAR5 is not"),
    ("meltwater", "nickel w/5 export", "nickel AND export", "1:8: the operator w/5 is not"),
    ("meltwater", "nickel AND sourceCountry:jp", "nickel", "the field sourceCountry: was left out"),
    ("google-alerts", "nickel NEAR export", "nickel AND export", "1:8: the operator NEAR is not"),
    ("google-alerts", "nickel filetype:pdf", "nickel", "filetype: was left out"),
    ("google-alerts", "nickel 2010..2020", "nickel", "the range of numbers 2010..2020 was left out"),
    ("miniflux", "EntryTitle=nickel\nEntryCommentsURL=x", "title:/nickel/", "2:1: EntryCommentsURL was left out"),
]


@pytest.mark.parametrize(("dialect", "query", "when", "lost"), AWKWARD)
def test_a_rule_that_lacks_a_part_is_on_trial_and_says_what_and_where(
    dialect: str, query: str, when: str, lost: str
) -> None:
    found = translate(dialect, "saved.txt", query)
    written = found.yaml()
    (rule,) = yaml.safe_load(written)["rules"]
    assert print_query(found.rules[0].when) == when
    assert rule["shadow"] is True
    assert not found.complete
    (comment,) = [line for line in written.splitlines() if line.startswith("  #   ")]
    assert lost in comment
    assert "saved.txt:" in comment
    assert "on trial (shadow: true)" in found.summary()


def test_a_rule_that_lacks_nothing_is_told_as_usual() -> None:
    found = translate("factiva", "saved.txt", "nickel near5 export\n\nAC/DC and rock")
    assert "shadow" not in found.yaml()
    assert found.summary() == "2 queries: 2 carried"
    assert print_query(found.rules[1].when) == '"AC/DC" AND rock'


def test_the_summary_counts_what_became_of_every_query() -> None:
    found = translate("factiva", "saved.txt", "nickel\n\ncobalt and rst=j\n\n(zinc\n\n" + "a " * 60_000)
    assert found.summary() == (
        "4 queries: 1 carried; 1 on trial (shadow: true), as parts were left out; 2 left out whole"
    )
    assert translate("factiva", "saved.txt", "").summary() == "0 queries: nothing to carry"


def test_a_comment_cannot_end_in_yaml_of_its_own() -> None:
    found = translate("miniflux", "saved.txt", "EntryTitle=nickel\nEntryX\x85- id: evil=1\u2028- id: worse")
    rules = yaml.safe_load(found.yaml())["rules"]
    assert [rule["name"] for rule in rules] == ["Miniflux filters"]


def test_ids_that_others_have_are_not_given_again() -> None:
    found = translate("factiva", "saved.txt", "# Nickel\na\n\n# Nickel\nb", ["nickel", "nickel-3"])
    assert [rule.id for rule in found.rules] == ["nickel-2", "nickel-4"]


def test_json_without_end_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"saved\.txt:1:1: error: this is no JSON"):
        translate("miniflux", "saved.txt", "[" * 100_000)


def test_very_many_filters_are_not_all_read() -> None:
    found = translate("miniflux", "saved.txt", "EntryTitle=(a+)+x\n" * 10_000)
    assert "beyond the first 100,000 characters" in found.problems[0].message
    assert len(found.problems) <= 22


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "content",
    [
        "(" * 10_000 + "a" + ")" * 10_000,
        "(" * 10_000,
        " OR ".join(f"w{number}" for number in range(90_000)),
        "a" * 1_000_000,
        "a " + "NOT b " * 12_000,
        "word " * 19_000,
        '"' * 99_999,
        "(a AND b) NEAR/3 " * 90 + "c",
        "(a and b) near3 " * 90 + "c",
        "(a and b) w/3 " * 90 + "c",
        "date from " * 9_000,
        "title:" * 15_000 + "a",
        "HEADLINE(" * 10_000,
        "-" * 90_000 + "a",
        "a\0b AND \ud800",
        "name,query\n" + '"' * 200_000,
        "<opml>" + '<outline xmlUrl text="' * 5_000,
    ],
    ids=range(17),
)
def test_a_hostile_file_ends_in_few_words(dialect: str, content: str) -> None:
    found = translate(dialect, "saved.txt", content)
    assert len(found.problems) <= 45
    assert len(found.rules) <= 1
    assert yaml.safe_load(found.yaml())
