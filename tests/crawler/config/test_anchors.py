from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from alerts.errors import Place
from tests.crawler.config.makers import item

if TYPE_CHECKING:
    from alerts.rules.spec import Text


def query(text: str, **environ: str) -> Text:
    whole = item(text, **environ)
    assert isinstance(whole.node, yaml.MappingNode)
    value = next(value for _, value in whole.pairs())
    found = value.text()
    assert found is not None
    return found


def place_of(text: Text, word: str) -> tuple[int, int]:
    place = text.at(text.value.index(word))
    assert place.file == "test.yaml"
    return place.line, place.column


STYLES = {
    "plain": "when: alpha AND bravo",
    "plain over two lines": "when: alpha AND\n  bravo OR charlie",
    "plain with a gap": "when: alpha AND\n\n    bravo OR charlie\n",
    "double quoted": 'when: "alpha AND bravo"',
    "double quoted with escapes": 'when: "alpha AND \\"delta\\" \\x41\\u00e9 bravo \\\\ charlie"',
    "double quoted over lines": 'when: "alpha AND\n  delta \\\n  bravo"',
    "single quoted": "when: 'alpha AND ''delta'' bravo'",
    "single quoted over lines": "when: 'alpha\n\n  bravo'",
    "literal": "when: |\n  alpha\n    AND bravo\n\n  OR charlie\nx: y\n",
    "literal, indented deeply": "when: |-\n        alpha\n        AND bravo\n",
    "literal with blank lines first": "when: |\n\n\n  alpha\n  bravo\n",
    "folded": "when: >\n  alpha AND\n  bravo\n\n  OR charlie\n",
    "folded, more indented": "when: >-\n  alpha\n    AND bravo\n  OR charlie\n",
    "behind a YAML anchor": "when: &mine !!str alpha AND bravo",
    "quoted behind a YAML anchor": "when: &mine 'alpha AND bravo'",
    "below a YAML anchor": "when: &mine\n  alpha AND bravo",
    "with a comment below": "when: |\n  alpha\n  bravo\n# a remark\nx: y",
    "repeated words": "when: |\n  AND\n  AND\n  alpha AND\n  bravo\n",
    "after wide characters": "when: |\n  日本 AND alpha\n  円滑化協定 OR 𠮷 bravo\n",
    "in a flow mapping": "{ when: alpha AND bravo, x: y }",
}


@pytest.mark.parametrize("source", STYLES.values(), ids=STYLES.keys())
def test_every_word_is_placed_where_it_stands(source: str) -> None:
    text = query(source)
    for word in ("alpha", "bravo", "charlie"):
        if word in source:
            line = next(number for number, line in enumerate(source.split("\n"), 1) if word in line)
            assert place_of(text, word) == (line, source.split("\n")[line - 1].index(word) + 1)


@pytest.mark.parametrize("source", STYLES.values(), ids=STYLES.keys())
def test_anchors_ascend_from_the_first_character(source: str) -> None:
    offsets = [offset for offset, _ in query(source).anchors]
    assert offsets[0] == 0
    assert offsets == sorted(set(offsets))


def test_words_around_a_variable_keep_their_places() -> None:
    text = query("when: alpha ${LONG} bravo ${B} charlie", LONG="x" * 50, B="")
    assert text.value == f"alpha {'x' * 50} bravo  charlie"
    assert place_of(text, "alpha") == (1, 7)
    assert place_of(text, "xxx") == (1, 13)
    assert place_of(text, "bravo") == (1, 21)
    assert place_of(text, "charlie") == (1, 32)


def test_a_variable_on_a_line_of_its_own_leaves_the_next_line_alone() -> None:
    text = query("when: |\n  ${A}\n  bravo ${A}\n", A="alpha AND")
    assert place_of(text, "alpha") == (2, 3)
    assert place_of(text, "bravo") == (3, 3)


def test_an_empty_text_has_a_place() -> None:
    assert query('when: ""').at() == Place("test.yaml", 1, 7)
