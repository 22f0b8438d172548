from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.errors import Place, Problem
from crawler.config.loader import read_ground
from crawler.config.trial import as_entry, compile_draft, written
from crawler.console.workbench import DAYS, Kind, Tally, difference, lines, mistakes
from tests.fakes import NOON, story

if TYPE_CHECKING:
    from tests.crawler.console.house import House

SAME = {"sec-fetch-site": "same-origin"}
JAPAN = """id: japan
name: About Japan
when: |
  Japan
to: "#n"
note: What Tokyo does.
tags: [asia]
"""


async def attempt(house: House, text: str, **fields: str) -> str:
    async with house.client() as client:
        answer = await client.post("/workbench", data={"text": text} | fields, headers=SAME)
    assert answer.status_code == 200
    return answer.text


def test_a_rule_is_shown_as_its_file_has_it(full: House) -> None:
    japan, france = full.config.rules.rules
    assert written(full.config, japan) == JAPAN
    assert written(full.config, france) == (
        '{id: france, name: "France & <friends>", when: France, to: "#n", severity: high}\n'
    )
    full.config.path.write_text("rules: []\n")
    assert written(full.config, japan) is None


async def test_the_editor_begins_with_the_rule_in_force(full: House) -> None:
    async with full.client() as client:
        page = (await client.get("/workbench?rule=japan")).text
        assert JAPAN.replace('"', "&#34;") in page
        assert (await client.get("/workbench?rule=none")).status_code == 404


async def test_an_edited_rule_says_what_it_gains_and_loses(full: House) -> None:
    page = await attempt(full, JAPAN.replace("  Japan\n", "  signs OR rain\n"), rule="japan")
    assert "2 stories in 30 days" in page
    for name, count in (("gained", 1), ("lost", 2), ("as before", 1)):
        assert f'<span class="name">{name}</span><span class="value">{count}</span>' in page
    assert "<mark>Rain</mark> is expected" in page
    assert "4 stories were looked at, all of 30 days" in page
    assert '<span class="minus">-  Japan\n</span><span class="plus">+  signs OR rain\n</span>' in page
    assert "It would have sent" in page
    assert "  - id: japan\n    name: About Japan" in page


async def test_nothing_changes_the_configuration_or_the_store(full: House) -> None:
    before = full.config.path.read_bytes()
    await attempt(full, JAPAN.replace("Japan", "Rain"), rule="japan")
    assert full.config.path.read_bytes() == before
    assert len(await full.store.deliveries()) == 3


async def test_mistakes_are_shown_where_they_are(full: House) -> None:
    page = await attempt(full, JAPAN.replace("  Japan\n", "  $nipon AND (Rain\n"), rule="japan")
    assert "line 4, column 3" in page
    assert "did you mean $nippon?" in page
    assert "stories in 30 days" not in page
    part = await attempt(full, "when: x", part="1")
    assert "<html" not in part
    assert "`id` is missing in a rule" in part


async def test_a_check_looks_through_no_stories(full: House) -> None:
    part = await attempt(full, JAPAN, rule="japan", part="1", check="1")
    assert "stories in" not in part
    assert "To paste below" in part


async def test_variables_of_the_environment_mean_nothing_in_a_draft(full: House) -> None:
    draft = compile_draft("id: x\nwhen: Japan\nnote: ${KEY}\n", read_ground(full.config.path, {"KEY": "hush"}))
    assert draft.rule
    assert draft.rule.note == "${KEY}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no rule here"),
        ("a: [", "this is not YAML"),
        ("- {id: a, when: b}\n- {id: c, when: d}\n", "there is more than one rule here"),
        ("id: a\nwhen: b\ntests: {match: [c]}\n", "the rule a does not match this test"),
        ("id: a\nwhen: '\n", "this is not YAML"),
    ],
)
def test_what_is_no_sound_rule_is_told_with_its_line(full: House, text: str, says: str) -> None:
    draft = compile_draft(text, read_ground(full.config.path, {"KEY": ""}))
    assert says in " ".join(one.message for one in draft.problems)
    assert all(one.place.line >= 1 for one in draft.problems)


@pytest.mark.parametrize(
    "text", ["id: a\nwhen: Japan\n", "- id: a\n  when: Japan\n", "rules:\n  - {id: a, when: Japan}\n"]
)
def test_a_rule_may_be_typed_in_every_form_that_files_have(full: House, text: str) -> None:
    draft = compile_draft(text, read_ground(full.config.path, {"KEY": ""}))
    assert draft.problems == ()
    assert draft.rule
    assert draft.rule.id == "a"


def test_an_entry_is_indented_for_the_list() -> None:
    assert as_entry("id: a\nwhen: |\n  b\n\n  c\n") == "  - id: a\n    when: |\n      b\n\n      c\n"
    assert as_entry("- id: a\n") == "- id: a\n"


def test_stories_are_counted_by_what_they_are_to_two_rules(full: House) -> None:
    ground = read_ground(full.config.path, {"KEY": ""})
    edited, live = (compile_draft(f"id: a\nwhen: {word}\n", ground).rules for word in ("Japan", "France"))
    assert edited
    tally = Tally(edited, live, NOON)
    tally.add([story("Japan and France", id=3), story("Japan", id=2), story("France", id=1), story("Fiji", id=0)])
    found = tally.outcome(looked=4, whole=True)
    assert found.counts == {Kind.GAINED: 1, Kind.LOST: 1, Kind.SAME: 1}
    assert found.found == 2
    assert [one.kind for one in found.hits] == [Kind.SAME, Kind.GAINED, Kind.LOST]
    assert found.days.values == (2, *[0] * (DAYS - 1))
    assert Tally(edited, None, NOON).outcome(looked=0, whole=False).back_to is None


def test_a_mistake_beyond_the_last_line_stands_at_the_last_line() -> None:
    wrong = mistakes([Problem(Place("rule", 9, 1), "missing", None), Problem(Place("rule", 1, 2), "odd", "mend it")])
    shown = lines("a\nb\n", wrong)
    assert [[one.message for one in line.mistakes] for line in shown] == [["odd"], ["missing"]]


def test_a_difference_is_shown_with_its_surroundings() -> None:
    assert difference(None, "a") == ()
    assert difference("a\nb\n", "a\nb") == ()
    assert difference("a\nb\n", "a\nc\n") == (("@", "@@ -1,2 +1,2 @@"), (" ", "a"), ("-", "b"), ("+", "c"))
