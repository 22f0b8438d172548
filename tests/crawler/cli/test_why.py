from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from tests.crawler.why.town import Item, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from click.testing import Result

CONFIG = """
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml"}
  - {id: full, name: Full Words, kind: feed, url: "WEB/full/feed.xml", fulltext: always}
rules:
  - {id: treaty, name: Treaty, when: "treaty AND (ferry, tunnel)", severity: high}
  - {id: cobalt, name: Cobalt, when: cobalt}
"""
WORDS = "The treaty on the tunnel was signed after years of talks, both sides said, and work begins in spring. "
MENU = "Home Politics Sport Weather"
ARTICLE = (
    "<html><head><meta property='og:type' content='article'></head><body>"
    f"<nav>{MENU}</nav><article><h1>Tunnel</h1>"
    f"<p>{WORDS * 8}</p></article></body></html>"
)
HOSTILE = "Cobalt \x1b[31mred\x1b[0m [bold]loud[/] <!channel>"


async def session(folder: Path) -> Mapping[str, Result]:
    """Let a story be told, and one be missed; ask while the web is there, as a user would."""
    async with town(folder, CONFIG, ["wire", "full"]) as here:
        web = here.web
        web.publish("/robots.txt", "User-agent: *\nDisallow: /closed/", content_type="text/plain")
        web.publish("/wire/2026/tunnel-treaty-signed-at-last", ARTICLE, content_type="text/html")
        await here.round()
        here.publish("wire", Item(title=HOSTILE, guid="told"), Item(title="A treaty on fish", guid="missed"))
        kept = here.url("/wire/2026/cobalt-story-that-is-kept")
        web.publish("/wire/2026/cobalt-story-that-is-kept", ARTICLE, content_type="text/html")
        web.redirect("/go/1", kept)
        here.publish("wire", Item(title="Cobalt story that is kept", url=kept))
        read = here.url("/full/2026/story-of-which-the-page-is-read")
        web.publish("/full/2026/story-of-which-the-page-is-read", ARTICLE, content_type="text/html")
        here.publish("full", Item(title="A story of which the page is read", url=read))
        await here.round()
        await here.round()
        absent = here.url("/wire/2026/tunnel-treaty-signed-at-last")
        told, missed = here.link("wire", "told"), here.link("wire", "missed")
        chain = here.why(told)
        code = chain.story or ""
        asked = {
            "told": (told,),
            "narrow": (told,),
            "missed": (missed,),
            "json": (missed, "--json"),
            "text": (told, "--text"),
            "cuts": (read, "--text"),
            "cuts json": (read, "--json"),
            "rule": (missed, "--rule", "treaty"),
            "holding rule": (told, "--rule", "cobalt"),
            "id": (code.lower(),),
            "absent": (absent,),
            "closed": (here.url("/closed/2026/some-story-of-today"),),
            "fetched": (absent, "--fetch"),
            "fetched json": (absent, "--fetch", "--json"),
            "fetched missing": (missed, "--fetch"),
            "fetched feed": (here.url("/wire/feed.xml"), "--fetch"),
            "fetched elsewhere": (here.url("/go/1"), "--fetch"),
            "fetched refused": ("http://10.0.0.1/2026/some-story-of-today", "--fetch"),
            "nonsense": ("nonsense",),
            "unknown id": ("0AN2A7GSAE3R2",),
            "unknown rule": (told, "--rule", "cobald"),
        }
        link = next(one.link for one in chain.steps if one.link)
        of_rule = {
            "explained": ("explain", "cobalt", told),
            "explained anew": ("explain", "cobalt", read, "--fetch"),
            "tried": ("try", "cobalt", f"{told}?utm_source=mail"),
            "tried anew": ("try", "cobalt", read, "--fetch"),
            "judged": ("feedback", str(link), "--rule", "cobalt", "--relevant"),
        }
        stories = len(await here.app.store.outcomes(here.clock.now() - here.clock.ahead * 2))
        done = {name: await asyncio.to_thread(ask, folder, name, *words) for name, words in asked.items()}
        for name, words in of_rule.items():
            done[name] = await asyncio.to_thread(command, folder, *words)
        assert len(await here.app.store.outcomes(here.clock.now() - here.clock.ahead * 2)) == stories
        return done


def ask(folder: Path, name: str, *words: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "80" if name == "narrow" else "120"})
    return runner.invoke(tocsin, ["--config", str(folder / "config.yaml"), "why", *words])


def command(folder: Path, *words: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "120"})
    return runner.invoke(tocsin, ["--config", str(folder / "config.yaml"), *words])


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Result]:
    return asyncio.run(session(tmp_path_factory.mktemp("why")))


def test_the_answer_is_the_first_line_and_the_steps_follow(answers: Mapping[str, Result]) -> None:
    lines = answers["told"].stdout.splitlines()
    assert lines[0].startswith("Told in #news at ")
    assert lines[0].rstrip().endswith("by the rule cobalt.")
    assert [line[2:].split()[0] for line in lines[4:] if line[:1] in "✓✗·…"][:3] == ["source", "visit", "taken"]
    assert lines[-1].startswith("https://slack.com/app_redirect?channel=C0NEWS")


@pytest.mark.parametrize(("name", "columns"), [("told", 120), ("narrow", 80)])
def test_lines_fit_the_terminal_but_for_links(answers: Mapping[str, Result], name: str, columns: int) -> None:
    lines = [line for line in answers[name].stdout.splitlines() if "://" not in line]
    assert max(map(len, lines)) <= columns


def test_nothing_from_outside_can_command_a_terminal(answers: Mapping[str, Result]) -> None:
    assert "\x1b" not in answers["told"].stdout
    assert "[bold]loud[/]" in answers["told"].stdout


def test_a_miss_shows_its_clauses(answers: Mapping[str, Result]) -> None:
    shown = answers["missed"].stdout
    assert shown.startswith("Not told: the rule treaty is one clause short: (ferry, tunnel).")
    assert "✓ treaty  “treaty”" in shown
    assert "✗ (ferry, tunnel)" in shown
    assert "`--fetch` tries it now." in shown


def test_programs_get_the_chain(answers: Mapping[str, Result]) -> None:
    found: dict[str, Any] = json.loads(answers["json"].stdout)
    assert (found["told"], found["ended"], found["reason"]) == (False, "rule", "one-clause-short")
    names = [step["name"] for step in found["steps"]]
    assert names[:3] == ["source", "visit", "taken in"]
    rule = next(step for step in found["steps"] if step["name"] == "rule")
    assert [part["holds"] for part in rule["clauses"]["query"]["parts"]] == [True, False]
    assert {step["rule"] for step in found["steps"] if step["clauses"]} == {"treaty", "cobalt"}
    assert rule["clauses"]["severity"] == "high"
    assert (found["words"], found["text"]) == (9, "The two sides met on Monday and said little.")


def test_the_text_begins_in_its_step_and_stands_whole_where_it_is_asked_for(answers: Mapping[str, Result]) -> None:
    whole = "The two sides met on Monday and said little."
    assert answers["text"].stdout.count(whole) == 2
    assert answers["told"].stdout.count(whole) == 1


def test_what_was_left_out_of_its_page_is_shown_from_the_store(answers: Mapping[str, Result]) -> None:
    shown = answers["cuts"].stdout
    assert "left out (beside): Home Politics Sport Weather" in shown
    assert "left out, each with its sign:" in shown
    assert "beside: navigation, footer, aside or caption" in shown
    facts = json.loads(answers["cuts json"].stdout)
    beside = {"why": "beside", "words": MENU, "characters": len(MENU), "number": 1}
    assert facts["left_out"] == [beside]


def test_one_rule_is_shown_with_all_its_clauses(answers: Mapping[str, Result]) -> None:
    assert "other rule" not in answers["rule"].stdout
    assert "✓ cobalt  “Cobalt”" in answers["holding rule"].stdout


def test_an_id_may_be_typed_in_any_case(answers: Mapping[str, Result]) -> None:
    assert answers["id"].stdout == answers["told"].stdout


def test_an_address_never_seen_has_a_source_a_next_visit_and_robots(answers: Mapping[str, Result]) -> None:
    shown = " ".join(answers["absent"].stdout.split())
    assert "Never seen: the source wire, which should have it, was read at " in shown
    assert "… next" in shown
    assert "✓ robots robots.txt lets its page be read" in shown


def test_robots_that_close_an_address_are_named(answers: Mapping[str, Result]) -> None:
    assert "the page is closed to programs: the rule `Disallow: /closed/`" in " ".join(answers["closed"].stdout.split())


def test_an_address_can_be_tried_now(answers: Mapping[str, Result]) -> None:
    shown = " ".join(answers["fetched"].stdout.split())
    assert "As it stands now, treaty would hold." in shown
    assert "✓ tried now" in shown
    assert "treaty: holds, high, by “Tunnel”, “treaty”" in shown
    assert "→ #news" in shown
    steps = json.loads(answers["fetched json"].stdout)["steps"]
    assert "read" in [one["reason"] for one in steps if one["name"] == "tried now"]


def test_what_cannot_be_tried_says_why(answers: Mapping[str, Result]) -> None:
    shown = " ".join(answers["fetched missing"].stdout.split())
    assert "Tried now: it cannot be read, http-404." in shown
    assert "Tried now: it cannot be read, blocked-address." in " ".join(answers["fetched refused"].stdout.split())
    assert "a feed or a page of links with 3 stories" in " ".join(answers["fetched feed"].stdout.split())


def test_an_address_that_leads_to_a_story_is_answered_by_it(answers: Mapping[str, Result]) -> None:
    shown = answers["fetched elsewhere"].stdout
    assert shown.startswith("Told in #news at ")
    assert "Cobalt story that is kept" in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nonsense", "is nothing that can be asked about: write an address"),
        ("unknown id", "there is no story 0AN2A7GSAE3R2 in the store"),
        ("unknown rule", "did you mean cobalt?"),
    ],
)
def test_wrong_usage_says_the_way_out(answers: Mapping[str, Result], name: str, words: str) -> None:
    assert answers[name].exit_code == 2
    assert words in " ".join(answers[name].stderr.split())


@pytest.mark.parametrize("name", ["explained", "tried"])
def test_rules_are_tried_on_what_the_store_has_at_an_address(answers: Mapping[str, Result], name: str) -> None:
    assert answers[name].exit_code == 0, answers[name].output
    assert answers[name].stderr.startswith("From the store: 0")
    assert "--fetch reads the address anew" in answers[name].stderr
    assert "Cobalt" in answers[name].stdout
    anew = answers[f"{name} anew"]
    assert anew.exit_code == 0, anew.output
    assert "From the store" not in anew.stderr
    assert "Tunnel" in anew.stdout


def test_an_opinion_may_name_a_message_by_its_link(answers: Mapping[str, Result]) -> None:
    assert answers["judged"].stdout.endswith(" is relevant to cobalt.\n"), answers["judged"].output
