"""The files that saved queries come in, and the file that is made of them."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerts.imports.saved import read_saved
from alerts.imports.translate import translate
from alerts.rules.printing import print_query
from alerts.rules.query import parse


def test_an_empty_line_parts_queries_and_a_heading_names_one() -> None:
    saved, problems = read_saved("s.txt", "# Minerals\nrare earth\n  and china\n\n\ngallium\n# Ships\n\nfrigate\n")
    assert problems == []
    assert [(one.name, one.query.value) for one in saved] == [
        ("Minerals", "rare earth\n  and china"),
        (None, "gallium"),
        ("Ships", "frigate"),
    ]
    assert str(saved[0].query.at(13)) == "s.txt:3:3"
    assert str(saved[2].query.at(0)) == "s.txt:9:1"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_has_a_heading_that_names_its_columns(separator: str) -> None:
    rows = [["Name", "Created", "Query"], ["Minerals", "2026", '"""rare earth""\nand china"'], ["", "", "gallium"]]
    content = "\r\n".join(separator.join(row) for row in rows)
    saved, problems = read_saved("s.csv", "\ufeff" + content)
    assert problems == []
    assert [(one.name, one.query.value) for one in saved] == [
        ("Minerals", '"rare earth"\nand china'),
        (None, "gallium"),
    ]
    assert [str(one.query.at()) for one in saved] == ["s.csv:2:1", "s.csv:4:1"]


def test_a_row_without_a_query_is_reported() -> None:
    saved, problems = read_saved("s.csv", "name,query\nMinerals,nickel\nShips,\n,\nshort\n")
    assert [one.query.value for one in saved] == ["nickel"]
    assert [f"{one.place} {one.message}" for one in problems] == [
        "s.csv:3:1 this row has no query",
        "s.csv:5:1 this row has no query",
    ]


def test_a_table_that_ends_in_a_lone_quote_is_reported() -> None:
    saved, problems = read_saved("s.csv", 'name,query\na,nickel\nb,"' + "x" * 200_000)
    assert [one.query.value for one in saved] == ["nickel"]
    assert problems[0].message.startswith("the table cannot be read on from here")


def test_a_query_with_commas_is_no_table() -> None:
    saved, _ = read_saved("s.txt", "japan, france and query\n")
    assert [one.query.value for one in saved] == ["japan, france and query"]


@pytest.mark.parametrize("content", ["", "\n \n", "# only a heading\n", "name,query\n"])
def test_a_file_without_queries_says_so(content: str) -> None:
    saved, problems = read_saved("s.txt", content)
    assert saved == []
    assert str(problems[0]).startswith("s.txt:1:1: error: no saved query was found in this file")


def test_ids_come_from_names_and_are_unique() -> None:
    queries = "\n\n".join(
        f"# {name}\njapan" for name in ("Rare Earths!", "rare earths", "Élysée — 日本", "…", "…", "x" * 99)
    )
    found = translate("factiva", "s.txt", queries)
    ids = [rule.id for rule in found.rules]
    assert ids == ["rare-earths", "rare-earths-2", "elysee-日本", "imported", "imported-2", "x" * 48]


def test_the_original_stands_in_the_note() -> None:
    found = translate("factiva", "s.txt", '# Yes\nhd="rare earth"\n  and china')
    (rule,) = yaml.safe_load(found.yaml())["rules"]
    assert rule == {
        "id": "yes",
        "name": "Yes",
        "when": 'title:"rare earth" AND china\n',
        "severity": "notice",
        "note": 'Factiva: hd="rare earth"\n  and china\n',
    }


def test_without_rules_the_file_is_still_one() -> None:
    assert yaml.safe_load(translate("factiva", "s.txt", "not film").yaml()) == {"rules": []}


@given(st.text(max_size=30), st.text(max_size=60))
def test_whatever_a_query_holds_the_file_reads_back(name: str, rest: str) -> None:
    content = f"# {name}\njapan or {rest}"
    found = translate("meltwater", "s.txt", content)
    rules = yaml.safe_load(found.yaml())["rules"]
    assert [(rule["id"], rule["name"]) for rule in rules] == [(rule.id, rule.name) for rule in found.rules]
    assert [parse(rule["when"]) for rule in rules] == [parse(print_query(rule.when)) for rule in found.rules]


def test_a_long_query_is_broken_at_its_operators() -> None:
    words = " OR ".join(f"mineral{number}" for number in range(30))
    (rule,) = yaml.safe_load(translate("meltwater", "s.txt", f"({words}) AND japan").yaml())["rules"]
    lines = rule["when"].splitlines()
    assert lines[0].startswith("(mineral0 OR mineral1 OR ")
    assert lines[1].startswith(" OR mineral")
    assert lines[-2].endswith("OR mineral29)")
    assert lines[-1] == "AND japan"
    assert max(map(len, lines)) <= 100
