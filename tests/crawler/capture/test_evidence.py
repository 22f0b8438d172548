from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts.policy import Reason
from alerts.story import Field, Match, Severity, Span
from crawler.capture import warc
from crawler.capture.evidence import FETCHES, Sources, files_of
from crawler.capture.exchange import Kind
from crawler.capture.index import entries
from crawler.capture.pack import MANIFEST, check, packed
from crawler.capture.playing import visits_of
from crawler.capture.redaction import Redactor
from crawler.capture.shelf import RULES, Shelf
from crawler.config.credentials import Secrets
from crawler.store.captured import Record
from crawler.store.history import Edition
from crawler.store.reports import Ruling
from tests.crawler.capture.makers import URL, exchange, occasion, page
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.capture.exchange import Exchange

LONG = "a-long-long-secret"
REDACTOR = Redactor(Secrets(everywhere=frozenset({LONG, "hush"}), in_addresses=frozenset({"Gold"})))


def edition(text: str = "Gold was found.", **changes: Any) -> Edition:
    values: dict[str, Any] = {
        "version": 1,
        "at": NOON + timedelta(seconds=2),
        "url": "https://wire.example/a?site=Gold",
        "title": "Gold rush",
        "text": text,
        "language": None,
        "authors": (),
        "section": None,
        "rules": "rev1",
    }
    return Edition(**values | changes)


def record(*editions: Edition, story: Mapping[str, object] | None = None) -> Record:
    match = Match(rule="gold", name="Gold", severity=Severity.HIGH, spans=(Span(Field.TITLE, 0, 4),))
    ruling = Ruling(version=1, match=match, channel="#news", reason=Reason.TOLD, delivery=None, state=None)
    return Record(
        source="wire",
        story=story or {"url": "https://wire.example/a?site=Gold", "outlet": "Gold wire"},
        page=None,
        editions=editions or (edition(),),
        decisions=(ruling,),
        deliveries=(),
    )


def captured(folder: Path, *some: Exchange) -> None:
    shelf = Shelf(folder, timedelta(days=7))
    shelf.write([REDACTOR.exchange(one) for one in some], NOON)
    shelf.close()


def sources(folder: Path, of: Record | None = None) -> Sources:
    return Sources(
        id="X",
        record=of or record(),
        chain={"verdict": "It was told."},
        visits=visits_of(entries(folder)) if folder.is_dir() else [],
        folder=folder,
        redactor=REDACTOR,
        is_on=True,
        revision="rev1",
        rules={"gold": {"when": "gold", "note": "of Gold"}},
    )


def lacks(files: Mapping[str, bytes]) -> dict[str, str]:
    return {one["what"]: one["why"] for one in json.loads(files[MANIFEST])["missing"]}


def test_a_short_value_of_a_variable_alters_addresses_and_nothing_else(tmp_path: Path) -> None:
    captured(tmp_path, exchange(url=f"{URL}?site=Gold", page=page(b"Gold rush: Gold was found.")))
    files = files_of(sources(tmp_path))
    assert lacks(files) == {}
    assert files["versions/1.txt"] == b"Gold rush\n\nGold was found.\n"
    assert b"<h1>Gold rush</h1>" in files["index.html"]
    assert json.loads(files["story.json"])["outlet"] == "Gold wire"
    assert [one.page.body for one in warc.exchanges(io.BytesIO(files[FETCHES])) if one.page] == [
        b"Gold rush: Gold was found."
    ]
    (fact,) = json.loads(files["fetches.json"])
    assert (fact["payload_is_altered"], fact["withheld"]) == (False, [])
    assert not any(b"site=Gold" in data for data in files.values())


def test_an_answer_with_a_secret_in_it_is_told_to_be_altered(tmp_path: Path) -> None:
    captured(tmp_path, exchange(page=page(b"Gold rush? hush!", set_cookie=b"a=b")))
    files = files_of(sources(tmp_path))
    ((what, why),) = lacks(files).items()
    assert what == f"the answer of {URL}, 2026-11-02 12:00:01 UTC, as it was received"
    assert "taken out" in why
    (fact,) = json.loads(files["fetches.json"])
    assert fact["payload_is_altered"]
    assert fact["withheld"] == ["set-cookie", "a secret in the body"]
    assert b"set-cookie, a secret in the body" in files["index.html"]


def test_a_text_that_is_altered_is_told(tmp_path: Path) -> None:
    of = record(
        edition("hush: Gold was found."),
        edition(f"Gold: {LONG}", version=2),
        story={"outlet": f"wire {LONG}", "url": f"https://wire.example/?q={LONG}"},
    )
    files = files_of(sources(tmp_path, of))
    assert files["versions/1.txt"] == b"Gold rush\n\nhush: Gold was found.\n"
    assert files["versions/2.txt"] == b"Gold rush\n\nGold: REDACTED\n"
    assert lacks(files).keys() >= {
        "the text of version 2 as it was judged",
        "1 texts of story.json as the store has them",
    }
    assert "the text of version 1 as it was judged" not in lacks(files)
    assert not any(LONG.encode() in data for data in files.values())


def test_answers_whose_file_is_gone_or_cut_are_missing_and_the_others_are_there(tmp_path: Path) -> None:
    late = NOON + timedelta(milliseconds=1500)
    captured(tmp_path, exchange(), exchange(url="https://wire.example/a", at=late))
    (file,) = tmp_path.glob("*.warc.gz")
    file.write_bytes(file.read_bytes()[:-10])
    files = files_of(sources(tmp_path))
    ((what, why),) = lacks(files).items()
    assert what == "the answer of https://wire.example/a, 2026-11-02 12:00:01 UTC"
    assert why == f"{file.name} was cut off"
    assert [one["url"] for one in json.loads(files["fetches.json"])] == [URL]
    path = tmp_path / "case.zip"
    path.write_bytes(packed(files))
    assert check(path).faults == ()
    file.unlink()
    gone = files_of(sources(tmp_path))
    assert len(lacks(gone)) == 2
    assert all(f"{file.name} cannot be read" in why for why in lacks(gone).values())
    assert FETCHES not in gone


def test_rules_that_cannot_be_read_are_missing(tmp_path: Path) -> None:
    (tmp_path / RULES / "rev0.json").mkdir(parents=True)
    of = record(edition(rules="rev0"))
    assert "the text of the rule gold as it was (rev0)" in lacks(files_of(sources(tmp_path, of)))
    (tmp_path / RULES / "rev0.json").rmdir()
    (tmp_path / RULES / "rev0.json").write_text('{"rules": {"gold": {"when": "gold OR silver"}}}')
    files = files_of(sources(tmp_path, of))
    assert json.loads(files["rules/rev0.json"])["rules"]["gold"] == {"when": "gold OR silver"}


def test_a_page_is_evidence_whatever_its_source_asked_meanwhile(tmp_path: Path) -> None:
    of_page = replace(occasion("v2", url="https://wire.example/a?site=Gold"), source="", kind=Kind.PAGE)
    captured(tmp_path, exchange(occasion=of_page, url="https://wire.example/a?site=Gold"))
    (fact,) = json.loads(files_of(sources(tmp_path))["fetches.json"])
    assert fact["visit"] == {"kind": "page", "source": "", "url": "https://wire.example/a?site=REDACTED"}


def test_what_was_left_out_of_the_page_is_in_the_pack_without_secrets(tmp_path: Path) -> None:
    cuts = [{"why": "box", "text": f"Most read: {LONG}", "letters": 30, "number": 1}]
    files = files_of(replace(sources(tmp_path), chain={"verdict": "It was told.", "cuts": cuts}))
    (cut,) = json.loads(files["left_out.json"])
    assert (cut["why"], cut["letters"]) == ("box", 30)
    assert cut["text"].startswith("Most read: ")
    assert b"Left out of its page" in files["index.html"]
    assert not any(LONG.encode() in data for data in files.values())


def test_a_rule_is_handed_on_with_the_names_that_it_stands_on(tmp_path: Path) -> None:
    names = {
        "rule gold": {"uses": ["metals"]},
        "metals": {"kind": "query", "when": "$others", "uses": ["others"]},
        "others": {"kind": "list", "terms": ["tin"]},
        "unused": {"kind": "list", "terms": ["zinc"]},
    }
    files = files_of(replace(sources(tmp_path), rules={"gold": {"when": "$metals"}}, names=names))
    kept = json.loads(files["rules/rev1.json"])
    assert kept["names"].keys() == {"metals", "others"}
    assert b"What $others stood for" in files["index.html"]
    assert "what the names in these rules stood for (rev1)" not in lacks(files)
    nameless = files_of(replace(sources(tmp_path), rules={"gold": {"when": "$metals"}}))
    assert "what the names in these rules stood for (rev1)" in lacks(nameless)
