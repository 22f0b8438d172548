"""From what people called not relevant to an edit that would have kept it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.tuning.precision import Precision
from crawler.tuning.advice import advise
from tests.crawler.tuning.makers import DAY, Desk

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.store import Store
    from crawler.tuning.advice import Advice
    from tests.fakes import FakeClock

RULES = """
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules:
  # the four of them
  - id: quad
    when: |
      quad OR malabar
    to: "#news"
"""
BIKES = ("Quad bike race in Leeds", "Boy hurt on quad bike", "New quad bike laws", "Quad bike stolen again")
LEADERS = ("Quad leaders meet in Tokyo", "Quad ministers on China", "Quad summit: leaders agree", "Quad ministers call")


async def advice(desk: Desk, rule: str = "quad") -> Advice:
    (known,) = [one for one in desk.config.rules.rules if one.id == rule]
    since = desk.clock.now() - 30 * DAY
    return await advise(desk.config, desk.store, known, since)


async def test_the_word_that_tells_them_apart_is_proposed_with_its_price(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish(*BIKES, *LEADERS, "Quad bike dealer opens", "Quad navies sail")
    await desk.judge("quad", False, *BIKES)
    await desk.judge("quad", True, *LEADERS)
    found = await advice(desk)
    assert found.precision == Precision(relevant=4, not_relevant=4)
    proposal, edit = found.offers[0].proposal, found.offers[0].edit
    assert edit is not None
    assert proposal.clause in {'NOT "quad bike"', "NOT bike"}
    toll = proposal.toll
    assert (toll.killed_not_relevant, toll.killed_relevant, toll.killed_unjudged) == (4, 0, 1)
    assert (toll.spared_relevant, toll.spared_unjudged) == (4, 1)
    assert toll.killed + toll.spared == found.matches == 10
    assert "-      quad OR malabar\n+      (quad OR malabar)\n+      NOT " in edit.diff
    assert "# the four of them" in edit.diff


async def test_the_edit_does_what_was_counted(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish(*BIKES, *LEADERS)
    await desk.judge("quad", False, *BIKES)
    await desk.judge("quad", True, *LEADERS)
    before = {title: await desk.code_of(title) for title in (*BIKES, *LEADERS)}
    for offer in (await advice(desk)).offers:
        assert offer.edit is not None
        config = desk.adopt(offer.edit.after.removeprefix("store: sqlite:///tocsin.db\n"))
        stories = await store.tuning.stories(list(before.values()))
        held = [one for one in stories if config.rules.match(one)]
        assert len(held) == offer.proposal.toll.spared


async def test_required_context_is_proposed_where_the_right_ones_share_words(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    wrong = ("Quad bike race", "A quad of figure skaters", "Quad core chips", "University quad reopens")
    right = (*LEADERS, "Quad leaders in Perth", "Quad ministers plan")
    await desk.publish(*wrong, *right)
    await desk.judge("quad", False, *wrong)
    await desk.judge("quad", True, *right)
    contexts = [one.proposal for one in (await advice(desk)).offers if not one.proposal.excludes]
    assert contexts
    assert contexts[0].toll.killed_relevant == 0
    assert contexts[0].toll.killed_not_relevant == 4
    assert set(contexts[0].terms) == {"leaders", "ministers"}


async def test_with_few_opinions_nothing_is_proposed(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish(*BIKES)
    await desk.judge("quad", False, *BIKES[:2])
    found = await advice(desk)
    assert (found.enough, found.offers) == (False, ())


async def test_what_nobody_judged_stands_in_for_the_relevant_where_those_are_few(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish(*BIKES, *LEADERS)
    await desk.judge("quad", False, *BIKES)
    found = await advice(desk)
    assert found.stand_in
    assert found.offers[0].proposal.toll.killed_unjudged == 0


async def test_japanese_words_are_proposed_as_they_are_written(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES.replace("quad OR malabar", "レアアース OR 稀土"))
    wrong = ("レアアースの化粧品が人気", "新しい化粧品、レアアース配合", "化粧品とレアアース")
    right = ("レアアース輸出を規制", "中国、レアアースの輸出管理", "輸出規制とレアアース")
    await desk.publish(*wrong, *right)
    await desk.judge("quad", False, *wrong)
    await desk.judge("quad", True, *right)
    exclusions = [one.proposal for one in (await advice(desk)).offers if one.proposal.excludes]
    assert any(term in {"化 粧", "粧 品"} for one in exclusions for term in one.terms)
    assert all(" " not in one.clause.removeprefix("NOT ") for one in exclusions)
    assert exclusions[0].toll.killed_relevant == 0


async def test_matches_of_an_earlier_form_of_the_rule_are_not_counted(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish("Malabar exercise begins", *BIKES, *LEADERS)
    await desk.judge("quad", False, *BIKES)
    await desk.judge("quad", True, *LEADERS)
    desk.adopt(RULES.replace(" OR malabar", ""))
    found = await advice(desk)
    assert (found.matches, found.outdated) == (8, 1)


async def test_blame_is_laid_on_words_in_all_their_spellings(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish(*BIKES)
    await desk.judge("quad", False, BIKES[0], BIKES[1])
    (blame,) = (await advice(desk)).blames
    assert (blame.word, blame.precision.not_relevant) == ("quad", 2)


async def test_where_no_edit_is_safe_the_clause_is_named_to_be_written_by_hand(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish(*BIKES, *LEADERS)
    await desk.judge("quad", False, *BIKES)
    await desk.judge("quad", True, *LEADERS)
    (tmp_path / "config.yaml").write_text("sources: []\n")  # somebody is at work on it
    offer = (await advice(desk)).offers[0]
    assert offer.edit is None
    assert 'write by hand: (quad OR malabar) NOT "quad bike"' in (offer.hindrance or "")
