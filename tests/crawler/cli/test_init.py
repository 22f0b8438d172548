from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.packs import names
from crawler.cli import tocsin
from crawler.config import load

if TYPE_CHECKING:
    from click.testing import Result

ROOT = Path(__file__).parents[3]
OPML = """<opml version="2.0"><body><outline text="Press">
<outline text="One: &quot;a&quot; #1" xmlUrl="https://one.example/feed.xml"/>
<outline text="Bad" xmlUrl="ftp://two.example/feed.xml"/>
</outline></body></opml>
"""


def init(folder: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(tocsin, ["init", "--to", str(folder / "config.yaml"), *arguments], input=typed)


def check(folder: Path) -> Result:
    return CliRunner().invoke(tocsin, ["check", "--config", str(folder / "config.yaml")])


def test_without_a_question_a_sound_file_is_written(tmp_path: Path) -> None:
    done = init(tmp_path, "--yes")
    assert (done.exit_code, done.stdout) == (0, f"written: {tmp_path / 'config.yaml'}, with 0 sources\n")
    assert check(tmp_path).exit_code == 0


def test_options_answer_everything(tmp_path: Path) -> None:
    options = ["--site", "wire.example", "--site", "https://two.example/feed.xml", "--pack", "critical-minerals"]
    options += ["--topic", "$rare_earths AND Japan", "--topic", "New Caledonia", "--channel", "#desk"]
    done = init(tmp_path, "--yes", *options, "--contact", "desk@example.org", "--timezone", "Asia/Tokyo")
    assert done.exit_code == 0, done.output
    config = load(tmp_path / "config.yaml", {})
    assert [source.url for source in config.sources] == ["https://wire.example", "https://two.example/feed.xml"]
    assert [rule.id for rule in config.rules.rules] == ["critical-minerals", "rare-earths-and-japan", "new-caledonia"]
    assert (config.defaults, config.fetch.contact, str(config.timezone)) == (
        ("#desk",),
        "desk@example.org",
        "Asia/Tokyo",
    )


def test_the_interview_asks_again_until_an_answer_can_be_used(tmp_path: Path) -> None:
    answers = ["not an address", "wire.example", "", "critical", "critical-minerals, treaties", "$nobody", "$raa", ""]
    answers += ["Desk", "#desk", "desk", "desk@example.org", "Tokyo", "Asia/Tokyo"]
    done = init(tmp_path, typed="\n".join([*answers, ""]))
    assert done.exit_code == 0, done.output
    for said in ("is not a web address", "is not a pack", "needs $nobody", "is not a channel", "is not a time zone"):
        assert said in done.stderr
    config = load(tmp_path / "config.yaml", {})
    assert [rule.id for rule in config.rules.rules] == ["critical-minerals", "raa"]
    assert config.defaults == ("#desk",)
    assert check(tmp_path).exit_code == 0


def test_the_sections_stand_in_the_order_of_the_documentation(tmp_path: Path) -> None:
    init(tmp_path, "--yes", "--site", "wire.example", "--pack", "countries", "--topic", "treaty")
    written = re.findall(r"^(\w+):", (tmp_path / "config.yaml").read_text(), re.MULTILINE)
    page = (ROOT / "docs/config.md").read_text()
    documented = [*re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE), *re.findall(r"^## `(\w+)`$", page, re.MULTILINE)]
    assert written == [name for name in documented if name in written]


def test_lists_opml_and_saved_queries_are_taken_over_and_what_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "sites.txt").write_text(
        "wire.example   # a wire\n# a remark\nanna:hush@bad.example\nhttps://one.example/feed.xml\n"
    )
    (tmp_path / "feeds.opml").write_text(OPML)
    (tmp_path / "saved.txt").write_text("# Nickel\nnickel w/5 mine\n\n# Cobalt\ncobalt and rst=foo\n")
    (tmp_path / "keep.json").write_text('{"keep_filter_entry_rules": "EntryTitle=(?i)lithium"}')
    named = [
        f"--from={name}"
        for name in (tmp_path / "sites.txt", tmp_path / "feeds.opml", f"factiva:{tmp_path / 'saved.txt'}")
    ]
    done = init(tmp_path, "--yes", *named, f"--from={tmp_path / 'keep.json'}")
    assert done.exit_code == 1
    text = (tmp_path / "config.yaml").read_text()
    for place in ("sites.txt:3", "feeds.opml:3", "saved.txt:5"):
        assert any(place in line for line in done.stderr.splitlines() if line.startswith("not taken over")), place
        assert place in text
    assert "hush" not in done.output + text
    config = load(tmp_path / "config.yaml", {})
    assert [one.url for one in config.sources] == ["https://wire.example", "https://one.example/feed.xml"]
    assert {"nickel", "cobalt"} <= {rule.id for rule in config.rules.rules}
    assert len(config.rules.rules) == 3
    assert "on the list already: https://one.example/feed.xml" in done.stderr


def test_saved_queries_of_nobody_knows_which_tool_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("nickel w/5 mine\n")
    done = init(tmp_path, "--yes", f"--from={tmp_path / 'saved.txt'}")
    assert done.exit_code == 2
    assert "--from factiva:" in done.stderr
    assert not (tmp_path / "config.yaml").exists()


@pytest.mark.parametrize(
    "option",
    [("--site", "nowhere"), ("--pack", "nope"), ("--channel", "x y z!"), ("--timezone", "Mars"), ("--from", "/no")],
)
def test_an_option_that_cannot_be_used_ends_it(tmp_path: Path, option: tuple[str, str]) -> None:
    done = init(tmp_path, "--yes", *option)
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "config.yaml"
    target.write_text("mine")
    assert init(tmp_path, "--yes").exit_code == 2
    assert target.read_text() == "mine"
    assert init(tmp_path, "--yes", "--force").exit_code == 0
    assert check(tmp_path).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_the_token_never_stands_in_the_file(tmp_path: Path) -> None:
    done = CliRunner(env={"SLACK_BOT_TOKEN": "xoxb-hush"}).invoke(
        tocsin, ["init", "--yes", "--to", str(tmp_path / "config.yaml")]
    )
    assert done.exit_code == 0
    assert "hush" not in (tmp_path / "config.yaml").read_text()
    assert "SLACK_BOT_TOKEN" not in done.stderr


ANY = st.text(st.characters(codec="utf-8"), max_size=40)
TOPIC = st.one_of(
    ANY,
    st.sampled_from(
        ["$raa", "a NEAR/3 b", '"x', "${HOME}", "a: b", "- a", "title:(", "NOT x", "#x", "a # b", "'", "/[/", "\\"]
    ),
    st.lists(
        st.sampled_from(["AND", "OR", "NOT", "(", ")", '"', "treaty", "$raa", "条約", "*", "~", "=x"]), max_size=8
    ).map(" ".join),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    sites=st.lists(
        st.one_of(ANY, st.sampled_from(["wire.example", "https://a.example/#x", "a.example/ü"])), max_size=2
    ),
    topics=st.lists(TOPIC, max_size=3),
    packs=st.lists(st.sampled_from([*names(), "nope"]), max_size=2),
    channel=st.one_of(st.none(), ANY, st.sampled_from(["#desk", "C0123456", "-"])),
    contact=st.one_of(st.none(), ANY, st.sampled_from(["desk@example.org", "-"])),
    listed=ANY,
)
def test_whatever_is_typed_the_file_is_sound_or_not_written(
    *, sites: list[str], topics: list[str], packs: list[str], channel: str | None, contact: str | None, listed: str
) -> None:
    options = (
        [f"--site={one}" for one in sites] + [f"--topic={one}" for one in topics] + [f"--pack={one}" for one in packs]
    )
    options += [f"--channel={channel}"] * (channel is not None) + [f"--contact={contact}"] * (contact is not None)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "list.txt").write_bytes(listed.encode() + b"\nhttps://wire.example/\nhttps://b.example/\n")
        done = init(folder, "--yes", *options, f"--from={folder / 'list.txt'}")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        written = (folder / "config.yaml").exists()
        assert written or done.exit_code in {1, 2}
        assert {path.name for path in folder.iterdir()} == {"list.txt"} | ({"config.yaml"} if written else set())
        if written:
            assert check(folder).exit_code == 0
