"""Every recipe of the cookbook can be copied as it stands, and passes its own tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.rules.embedded import run_tests
from crawler.config import load
from crawler.config.strangers import watched

PAGE = (Path(__file__).parent.parent / "docs/cookbook.md").read_text("utf-8")
RECIPES = dict(re.findall(r"^### (\d+\. [^\n]+)\n.*?^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def written(recipe: str) -> dict[str, Any]:
    """Return the rules of a recipe as they are written, by id."""
    return {rule["id"]: rule for rule in yaml.safe_load(recipe)["rules"]}


def test_there_are_as_many_as_the_page_says() -> None:
    assert [int(name.partition(".")[0]) for name in RECIPES] == list(range(1, 33))
    assert PAGE.count("```yaml") == len(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_sound_and_passes_its_tests(name: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    recipe = RECIPES[name]
    needs = "" if re.search("^sources:", recipe, re.MULTILINE) else "sources: [https://www.example.org/feed.xml]\n"
    path.write_text(f'{needs}defaults: {{to: ["#news"]}}\n{recipe}', "utf-8")
    config = load(path, {})
    assert [str(one) for one in config.warnings] == []
    report = run_tests(config.rules, watched(config.sources))
    assert [str(one) for one in report.problems] == []
    untested = [key for key, rule in written(recipe).items() if not rule.get("tests", {}).get("match")]
    assert untested == []
