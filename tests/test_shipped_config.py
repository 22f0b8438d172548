from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from alerts.story import Severity
from crawler.config import Config, load
from crawler.config.reformat import Reformatted, reformat
from crawler.demo.script import load_items
from crawler.demo.web import DemoWeb
from tests.fakes import FakeClock, story

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def config() -> Config:
    return load(ROOT / "config.yaml", {})


def fired(config: Config, title: str, text: str = "") -> set[str]:
    return {match.rule for match in config.rules.match(story(title=title, text=text))}


def test_it_loads_without_a_word_of_complaint(config: Config) -> None:
    assert config.warnings == ()


def test_its_queries_are_in_the_house_form() -> None:
    text = (ROOT / "config.yaml").read_text("utf-8")
    assert reformat(text, "config.yaml") == Reformatted(text=text)


def test_it_needs_no_token_and_finds_one(config: Config) -> None:
    assert config.slack.token is None
    given = load(ROOT / "config.yaml", {"SLACK_BOT_TOKEN": "xoxb-test"}).slack.token
    assert given is not None
    assert given.reveal() == "xoxb-test"


def test_it_watches_enough_sources_of_each_kind_and_language(config: Config) -> None:
    assert len(config.sources) >= 60
    kinds = Counter(source.kind for source in config.sources)
    assert kinds.keys() == {"feed", "sitemap", "listing"}
    assert min(kinds.values()) >= 5
    languages = {source.language for source in config.sources}
    assert languages >= {"en", "ja", "fr", "zh", "ko", "de", "es", "ru", "it", "th", "vi", "tr", "uk"}
    types = {source.type for source in config.sources}
    assert types == {"wire", "government", "press", "state-media", "think-tank"}


def test_the_page_about_the_sources_counts_them_right(config: Config) -> None:
    kinds = Counter(source.kind for source in config.sources)
    words = " ".join((ROOT / "docs/sources.md").read_text("utf-8").split())
    counted = f"{kinds['feed']} feeds, {kinds['sitemap']} news sitemaps and {kinds['listing']} section pages"
    languages = {source.language for source in config.sources}
    assert f"{len(config.sources)} public sources: {counted}, in {len(languages)} languages" in words
    assert f"{len(config.sources)} public sources" in (ROOT / "README.md").read_text("utf-8")


def test_the_origin_of_each_source_is_written_down(config: Config) -> None:
    rows = re.findall(r"^\| `(.+?)` \| <(.+?)> \|", (ROOT / "docs/sources.md").read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == {source.id: source.url for source in config.sources}
    assert len(rows) == len(config.sources)


def test_every_source_says_where_it_is_and_how_it_counts(config: Config) -> None:
    for source in config.sources:
        assert source.country is not None, source.id
        assert source.language is not None, source.id
        assert source.type is not None, source.id
        assert source.tags, source.id
        assert source.tier < 4, source.id


@pytest.mark.parametrize(
    ("rules", "title", "text"),
    [
        ({"reciprocal-access"}, "Manila ratifies Reciprocal Access Agreement with Tokyo", ""),
        ({"reciprocal-access"}, "Talks near an end", "The RAA would let Japanese troops train in Darwin."),
        ({"reciprocal-access"}, "部隊間協力円滑化協定が発効", ""),
        ({"reciprocal-access"}, "円滑化協定の署名へ", "自衛隊の訪問が容易になる。"),
        ({"reciprocal-access"}, "Un ACCORD D\u2019ACCES RECIPROQUE avant l'été ?", ""),
        ({"reciprocal-access"}, "日菲《互惠准入协定》下月生效", ""),
        ({"reciprocal-access"}, "일본·필리핀 상호접근협정 발효", ""),
        ({"reciprocal-access", "japan-france"}, "Japan and France open talks on Reciprocal Access Agreement", ""),
        ({"japan-france"}, "Macron in Tokyo: visit begins", "Japan and France will sign three accords."),
        ({"japan-france"}, "Tokyo hosts French defence minister", ""),
        ({"japan-france"}, "日仏首脳会談、来月パリで", ""),
        ({"japan-france"}, "Coopération franco-japonaise dans l'espace", ""),
        ({"japan-france"}, "Frankreich und Japan bauen gemeinsam", ""),
        ({"japan-france"}, "프랑스와 일본, 공동훈련 실시", ""),
        ({"critical-minerals"}, "Rare-\nearth magnets: a new plant", ""),
        ({"critical-minerals"}, "レアアース泥の採掘試験", ""),
        ({"critical-minerals"}, "Les terres rares au cœur du plan", ""),
        ({"critical-minerals"}, "Neue Förderung für Seltene Erden", ""),
        ({"critical-minerals"}, "희토류를 둘러싼 경쟁", ""),
        ({"critical-minerals"}, "EU lists critical raw materials anew", ""),
        ({"critical-minerals", "mineral-export-controls"}, "China eases export controls on rare earths", ""),
        (
            {"critical-minerals", "mineral-export-controls"},
            "Gallium price jumps",
            "Gallium now needs an export licence.",
        ),
        ({"critical-minerals", "mineral-export-controls"}, "ガリウムの輸出規制を強化", ""),
        ({"critical-minerals", "mineral-export-controls"}, "商务部对锑实施出口管制", ""),
        ({"new-caledonia"}, "Nickel plant in New Caledonia to close", ""),
        ({"new-caledonia"}, "Nouméa : le couvre-feu est prolongé", ""),
        ({"new-caledonia"}, "ニューカレドニアで住民投票", ""),
        ({"economic-security"}, "経済安保推進法の改正案を閣議決定", ""),
        ({"economic-security"}, "Sécurité économique : Paris regarde vers l'Indo-Pacifique", ""),
        ({"economic-security"}, "G7 ministers meet on economic security", ""),
    ],
)
def test_a_rule_fires_in_every_language(config: Config, rules: set[str], title: str, text: str) -> None:
    assert fired(config, title, text) == rules


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Tour de France: Japanese rider takes yellow", "Japan and France cheered."),
        ("Paris Saint-Germain beat Tokyo side", "France and Japan players swapped shirts."),
        ("ラグビー日本代表、フランスと対戦", "日本とフランスの試合は来週。"),
        ("今日仏教の寺で法要", ""),
        ("今日法国天气", "日本队获胜。"),
        ("World in brief", "Japan cut rates. In France, trains stopped. In Peru, it rained."),
        ("A rare earthquake in Tokyo", "Export licences were delayed for a day."),
        ("RAA names new board", "The regional airlines and the military share the runway; one airline objects."),
        ("RAA of the golf club meets", ""),
        ("貿易円滑化協定の実施状況", "安全保障とは別の枠組みだ。"),
        ("Graphite drawings on show", "The museum opens on Monday."),
        ("Graphite drawings on show", "The lender asked for an export licence."),
        ("Banana exports recover", "Nickel was flat."),
        ("Randonnée en Nouvelle-Calédonie", "Cinq sentiers au bord du lagon."),
        ("Nickel for your thoughts", "A column on coins."),
        ("Retirees worry about economic security", "Pensions rose by one percent."),
        ("アースの接続について", "希望者には資料を送る。"),
    ],
)
def test_near_misses_stay_silent(config: Config, title: str, text: str) -> None:
    assert fired(config, title, text) == set()


def test_what_hurts_most_is_marked_high(config: Config) -> None:
    high = {rule.id for rule in config.rules.rules if rule.severity >= Severity.HIGH}
    assert high == {"reciprocal-access", "mineral-export-controls"}


async def test_the_demo_config_passes_the_same_loader_and_its_rules_do_what_the_script_expects(tmp_path: Path) -> None:
    async with DemoWeb(clock=FakeClock()) as outlets:
        path = tmp_path / "config.yaml"
        path.write_text(outlets.config_text(tmp_path / "demo.db"), encoding="utf-8")
    demo = load(path, {})
    assert demo.warnings == ()
    assert demo.store == f"sqlite:///{tmp_path}/demo.db"
    for item in load_items():
        last = item.versions[-1]
        assert fired(demo, last.title, last.page) == set(item.rules), item.story


def test_the_example_in_the_readme_loads(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 1
    assert len(blocks[0].splitlines()) <= 20
    path = tmp_path / "config.yaml"
    path.write_text(blocks[0], encoding="utf-8")
    example = load(path, {})
    assert example.warnings == ()
    assert fired(example, "New export ban on rare earths") == {"rare-earth-controls"}
