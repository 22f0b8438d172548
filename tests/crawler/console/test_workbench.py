from __future__ import annotations

import asyncio
from dataclasses import replace
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from alerts.errors import Place, Problem
from crawler.config.loader import read_ground
from crawler.config.trial import LONGEST, as_entry, compile_draft, written
from crawler.console.pages_workbench import Workbench
from crawler.console.rendering import Renderer
from crawler.console.workbench import DAYS, MOST_MISTAKES, Kind, Mistake, Tally, difference, lines, mistakes
from crawler.store.browse import Browse
from tests.fakes import NOON, story

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from starlette.types import Message

    from alerts.story import Story
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


class Once(list[Mistake]):
    """Mistakes that count how often somebody goes through them."""

    walks = 0

    def __iter__(self) -> Iterator[Mistake]:
        self.walks += 1
        return super().__iter__()


def test_mistakes_are_gone_through_once_however_many_lines_there_are() -> None:
    wrong = Once(mistakes([Problem(Place("rule", line, 1), "odd", None) for line in range(1, 901)]))
    shown = lines("x\n" * 900, wrong)
    assert [line.number for line in shown] == list(range(1, 901))
    assert wrong.walks == 1


def test_of_a_long_text_only_what_is_near_a_mistake_is_shown() -> None:
    wrong = mistakes([Problem(Place("rule", line, 1), "odd", None) for line in (1, 400)])
    assert [line.number for line in lines("x\n" * 1_000, wrong)] == [1, 2, 3, 4, *range(397, 404)]


def test_a_mistake_far_to_the_right_is_not_pointed_at() -> None:
    near, far = mistakes([Problem(Place("rule", 1, column), "odd", None) for column in (3, 40_000)])
    assert (near.caret, far.caret) == ("  ^", "")


async def test_thousands_of_mistakes_are_counted_and_some_are_shown(full: House) -> None:
    part = await attempt(full, "id: x\nwhen: y\n" + "".join(f"k{number}: 1\n" for number in range(4_500)), part="1")
    assert "1,001 mistakes, the first 100</h2>" in part
    assert part.count('class="caret"') == MOST_MISTAKES
    assert len(part) < 100_000


async def test_a_text_that_is_too_long_is_said_to_be(full: House) -> None:
    part = await attempt(full, "id: x\nwhen: y\n" + "# long\n" * (LONGEST // 7), part="1")
    assert f"this is longer than {LONGEST:,} characters" in part
    assert "To paste below" not in part


class Watched(Renderer):
    """Notes on which threads pages are drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[Any] = set()

    def page(self, name: str, now: datetime, zone: tzinfo, context: Mapping[str, Any]) -> str:
        self.threads.add(current_thread())
        return super().page(name, now, zone, context)


async def test_the_page_is_drawn_beside_the_loop(full: House) -> None:
    renderer = Watched()
    full.room = replace(full.room, renderer=renderer)
    await attempt(full, JAPAN, rule="japan")
    assert renderer.threads
    assert main_thread() not in renderer.threads


class Held(Browse):
    """Reads no story until it may."""

    def __init__(self, house: House) -> None:
        super().__init__(house.store.read)
        self.begun = asyncio.Event()
        self.may = asyncio.Event()
        self.ended = 0

    async def some(self, stories: Collection[int]) -> Sequence[Story]:
        self.begun.set()
        try:
            await self.may.wait()
        finally:
            self.ended += 1
        return await super().some(stories)


async def test_a_check_does_not_wait_for_a_search(full: House) -> None:
    held = Held(full)
    full.room = replace(full.room, browse=held)
    async with full.client() as client:
        fields = {"text": JAPAN, "rule": "japan", "part": "1"}
        trying = asyncio.create_task(client.post("/workbench", data=fields, headers=SAME))
        await held.begun.wait()
        async with asyncio.timeout(10):
            checked = await client.post("/workbench", data=fields | {"check": "1"}, headers=SAME)
        assert "To paste below" in checked.text
        assert not trying.done()
        held.may.set()
        assert "stories in 30 days" in (await trying).text


async def test_a_search_that_nobody_waits_for_ends_and_lets_the_next_begin(full: House) -> None:
    held = Held(full)
    workbench = Workbench(replace(full.room, browse=held), {"KEY": ""})
    body = urlencode({"text": JAPAN, "rule": "japan", "part": "1"}).encode()
    heard: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        if heard:
            return heard.pop()
        await held.begun.wait()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/workbench", "headers": [], "query_string": b""}
    answer = await workbench.attempt(Request(scope, receive))
    assert (answer.status_code, held.ended) == (204, 1)
    held.begun.clear()
    heard.append({"type": "http.request", "body": body})
    held.may.set()

    async def patient() -> Message:
        if not heard:
            await asyncio.Event().wait()
        return heard.pop()

    answer = await workbench.attempt(Request(scope, patient))
    assert (answer.status_code, held.ended) == (200, 2)
