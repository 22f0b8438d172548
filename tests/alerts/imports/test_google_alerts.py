from __future__ import annotations

import pytest

from alerts.imports.translate import translate
from tests.alerts.imports.makers import carried, changed, reduced, refused


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        ('"rare earth" china', '"rare earth" AND china'),
        ("gallium OR germanium export", "(gallium OR germanium) AND export"),
        ("gallium | germanium export", "(gallium OR germanium) AND export"),
        ("gallium|germanium", "gallium OR germanium"),
        ("japan france -football", "japan AND france AND NOT football"),
        ('japan -"tour de france"', 'japan AND NOT "tour de france"'),
        ("F-35 japan", "F-35 AND japan"),
        ("nickel site:reuters.com", "nickel AND source:reuters.com"),
        ("nickel -site:www.facebook.com", "nickel AND NOT source:facebook.com"),
        ("nickel site:.go.jp", "nickel AND source:go.jp"),
        ('intitle:"new caledonia" nickel', 'title:"new caledonia" AND nickel'),
        ("allintitle: japan france accord", "title:(japan AND france AND accord)"),
        ("inurl:press accord", "url:press AND accord"),
        ("(japan OR tokyo) (france OR paris)", "(japan OR tokyo) AND (france OR paris)"),
        ("+nickel mine", "nickel AND mine"),
        ("日本 フランス 協定", "日本 AND フランス AND 協定"),
        ("or and not", '"or" AND "and" AND "not"'),
        ("japan AND france", "japan AND france"),
    ],
)
def test_what_google_alerts_can_say_is_carried(query: str, ours: str) -> None:
    assert carried("google-alerts", query) == ours


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        ("nickel AROUND(5) mine", "nickel NEAR/6 mine"),
        ('"treaty * access"', "treaty PRE/6 access"),
        ("nickel *", "nickel"),
        ("nickel site:bbc.co.uk/news", "nickel AND source:bbc.co.uk"),
    ],
)
def test_what_is_carried_with_a_change_is_warned_of(query: str, ours: str) -> None:
    assert changed("google-alerts", query)[0] == ours


@pytest.mark.parametrize(
    ("query", "ours", "error"),
    [
        ("nickel filetype:pdf", "nickel", "1:8 filetype: was left out"),
        ("nickel 2010..2020", "nickel", "1:8 the range of numbers 2010..2020 was left out"),
        ("nickel location:japan", "nickel", "1:8 location: was left out"),
    ],
)
def test_what_tocsin_cannot_say_is_left_out_and_named(query: str, ours: str, error: str) -> None:
    assert reduced("google-alerts", query) == (ours, error)


def test_an_alert_that_only_excludes_is_refused() -> None:
    assert refused("google-alerts", "-film") == [
        "1:1 the query was left out: a query cannot consist only of NOT: it would match every story"
    ]


def test_each_line_is_an_alert() -> None:
    found = translate("google-alerts", "alerts.txt", '# Minerals\n"rare earth"\n\ngallium OR germanium\n')
    assert [(rule.id, rule.name) for rule in found.rules] == [
        ("minerals", "Minerals"),
        ("gallium-or-germanium", "gallium OR germanium"),
    ]


def test_a_subscription_list_holds_the_queries_as_titles() -> None:
    opml = """<opml version="1.0"><body>
    <outline text="News" title="News">
      <outline type="rss" title="Google Alert - &quot;rare earth&quot; -film" xmlUrl="https://example.org/feeds/1"/>
      <outline type="rss" text="A paper" xmlUrl="https://example.org/feeds/2"/>
    </outline></body></opml>"""
    (rule,) = translate("google-alerts", "feeds.opml", opml).rules
    assert rule.original == '"rare earth" -film'
