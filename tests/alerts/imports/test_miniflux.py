from __future__ import annotations

import json

import pytest

from alerts.errors import ConfigError
from alerts.imports.translate import translate
from alerts.rules.printing import print_query
from tests.alerts.imports.makers import carried, changed, reduced, refused


@pytest.mark.parametrize(
    ("lines", "ours"),
    [
        ("EntryTitle=(?i)rare earths?", "title:/(?i)rare earths?/"),
        ("EntryContent=gallium", "body:/gallium/"),
        ("EntryURL=/politics/", r"url:/\/politics\//"),
        ("EntryAuthor=Smith", "author:/Smith/"),
        ("EntryTag=^minerals$", "tag:/^minerals$/"),
        ("EntryTitle=Japan\nEntryTitle=France", "title:/Japan/ OR title:/France/"),
        ("EntryTitle = Japan", "title:/Japan/"),
        ("keep\nEntryTitle=Japan\nblock\nEntryTitle=film", "title:/Japan/ AND NOT title:/film/"),
        (
            "block:\nEntryTitle=film\nEntryAuthor=Bot\n\nkeep:\nEntryTitle=Japan",
            "title:/Japan/ AND NOT (title:/film/ OR author:/Bot/)",
        ),
        (r"EntryTitle=\bRAA[- ]20\d\d\b", r"title:/\bRAA[- ]20\d\d\b/"),
        (r"EntryURL=https?:\/\/example\.org", r"url:/https?:\/\/example\.org/"),
        ("# Allow rules\nEntryTitle=Japan=France", "title:/Japan=France/"),
        ("EntryTitle=日本|フランス", "title:/日本|フランス/"),
    ],
)
def test_rules_in_lines_are_carried(lines: str, ours: str) -> None:
    assert carried("miniflux", lines) == ours


def test_what_is_too_old_for_miniflux_is_too_old_for_the_rule() -> None:
    found = translate("miniflux", "rules.txt", "EntryTitle=Japan\nblock\nEntryDate=max-age:30d")
    assert found.complete
    assert "only: {max_age: 30d}" in found.yaml()


def test_a_date_in_the_future_is_no_loss() -> None:
    assert changed("miniflux", "EntryTitle=Japan\nblock\nEntryDate=future")[0] == "title:/Japan/"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("EntryDate=before:2024-03-20", "2:1 the date before:2024-03-20 was left out"),
        ("EntryCommentsURL=x", "2:1 EntryCommentsURL was left out"),
        ("EntryTitle=(", "2:1 the regular expression cannot be used: missing ): ("),
        ("EntryTitle=(?=x)", "2:1 the regular expression cannot be used: invalid perl operator: (?="),
        ("no rule at all", "2:1 no rule of Miniflux's: no rule at all"),
    ],
)
def test_what_cannot_be_carried_is_named(line: str, error: str) -> None:
    assert reduced("miniflux", f"EntryTitle=Japan\n{line}") == ("title:/Japan/", error)


def test_block_rules_alone_make_no_alert() -> None:
    assert refused("miniflux", "block\nEntryTitle=film") == ["1:1 there are only block rules"]


def test_feeds_of_the_api_become_rules_of_their_source() -> None:
    feeds = [
        {
            "id": 1,
            "title": "Example Daily",
            "site_url": "https://www.example.org/",
            "blocklist_rules": "(?i)football",
            "keep_filter_entry_rules": "EntryTitle=Japan\r\nEntryTitle=France",
        },
        {"id": 2, "title": "Plain", "site_url": "https://example.net/", "blocklist_rules": "", "keeplist_rules": ""},
        {"id": 3, "title": "Older", "feed_url": "https://example.com/feed", "keeplist_rules": "nickel"},
    ]
    found = translate("miniflux", "feeds.json", json.dumps(feeds))
    assert found.complete
    older = "url:/nickel/ OR title:/nickel/ OR author:/nickel/ OR tag:/nickel/"
    football = older.replace("nickel", "(?i)football")
    assert [(rule.id, print_query(rule.when)) for rule in found.rules] == [
        ("example-daily", f"source:example.org AND (title:/Japan/ OR title:/France/) AND NOT ({football})"),
        ("older", f"source:example.com AND ({older})"),
    ]


def test_broken_json_is_an_error_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"feeds\.json:1:1: error: this is no JSON"):
        translate("miniflux", "feeds.json", "[{")


@pytest.mark.parametrize(
    ("lines", "errs"),
    [
        ("EntryTitle=Japan\nEntryDate=max-age:30d", "too little"),
        ("EntryTitle=Japan\nblock\nEntryCommentsURL=x", "too much"),
        ("EntryTitle=Japan\nEntryTitle=(\nblock\nEntryTitle=(", "too little or too much"),
    ],
)
def test_a_rule_on_trial_says_which_way_it_errs(lines: str, errs: str) -> None:
    assert f"# On trial, as it may find {errs}. Add" in translate("miniflux", "rules.txt", lines).yaml()
