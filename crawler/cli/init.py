"""``tocsin init``: a first config.yaml, from an interview or from what another tool has."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import print_problems, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from alerts.errors import Problem
    from crawler.config.beginning import Answers
    from crawler.config.takeover import Taken

_NONE = frozenset({"", "none", "-"})


@click.command()
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), default=Path("config.yaml"),
              show_default=True, help="The file to write.")  # fmt: skip
@click.option(
    "--from", "files", multiple=True, help="OPML, a list of sites, or saved queries, as factiva:FILE; repeatable."
)
@click.option("--site", "sites", multiple=True, help="A site or a feed to watch; repeatable.")
@click.option("--topic", "topics", multiple=True, help="What to alert for: words, or a query; repeatable.")
@click.option("--pack", "packs", multiple=True, help="A pack of names, as `tocsin packs list` has them; repeatable.")
@click.option("--channel", help="The Slack channel that hears of it, such as #news.")
@click.option("--contact", help="An e-mail address by which the sites can reach you.")
@click.option("--timezone", "zone", help="The time zone of the times on cards; default: this machine's.")
@click.option("--yes", is_flag=True, help="Ask nothing: what no option says is left as usual.")
@click.option("--force", is_flag=True, help="Overwrite the file if there is one.")
def init(  # noqa: PLR0917 -- click passes each by its name
    target: Path,
    files: tuple[str, ...],
    sites: tuple[str, ...],
    topics: tuple[str, ...],
    packs: tuple[str, ...],
    channel: str | None,
    contact: str | None,
    zone: str | None,
    *,
    yes: bool,
    force: bool,
) -> None:
    """Write a first configuration, with comments, that passes `tocsin check`.

    It asks what to watch, what to alert for, whom to tell, and where you are; what an option says is not asked.
    --from takes over what another tool has: OPML, a list with a site or a feed on each line (# begins a comment), or
    saved queries, as in --from factiva:FILE (docs/import.md has the tools). What cannot be taken over is named with
    the reason, and the exit code is 1 then. The file is checked before it is written, and no secret goes into it.
    """
    if target.exists() and not force:
        raise click.UsageError(f"{target} is there already; --force overwrites it, --to FILE writes another")
    given = {"sites": sites, "topics": topics, "packs": packs, "channel": channel, "contact": contact, "zone": zone}
    answers, left_out = _answered(given, _taken_over(files), asks=not yes)
    from crawler.config.beginning import config_text

    text = config_text(answers)
    problems = write_checked(target, text, os.environ, force=force)
    if problems is not None:
        print_problems(problems)
        click.echo(
            f"{click.style('nothing was written', fg='red', bold=True)}: the answers do not go together", err=True
        )
        sys.exit(1)
    _report(target, answers, left_out)
    sys.exit(1 if left_out else 0)


def write_checked(target: Path, text: str, environ: Mapping[str, str], *, force: bool) -> Sequence[Problem] | None:
    """Write a configuration, unless it has mistakes: they are returned, and nothing is written.

    Warnings are no mistakes. Raises click.ClickException when the file cannot be written.
    """
    import tempfile

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            draft.chmod(0o644)
            if problems := _errors(draft, target, environ):
                return problems
            if target.exists() and not force:  # since we looked
                raise click.ClickException(f"{target} was written meanwhile, and was left alone")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror or error}") from error
    return None


def _errors(draft: Path, target: Path, environ: Mapping[str, str]) -> Sequence[Problem]:
    from alerts.errors import Level
    from alerts.rules.embedded import run_tests
    from crawler.config.loader import read
    from crawler.config.strangers import watched

    attempt = read(draft, environ)
    problems = list(attempt.problems)
    if attempt.config:
        problems += run_tests(attempt.config.rules, watched(attempt.config.sources)).problems
    place = [replace(one, place=replace(one.place, file=str(target))) for one in problems if one.level is Level.ERROR]
    return place if place or attempt.config else problems


# ---------------------------------------------------------------- what is taken over


def _taken_over(files: Iterable[str]) -> list[Taken]:
    from alerts.imports import DIALECTS
    from crawler.config.beginning import rule_ids
    from crawler.config.takeover import Unclear, split, take_over

    found: list[Taken] = []
    for written in files:
        tool, name = split(written)
        rules = rule_ids(line for one in found for line in one.rules)
        try:
            found.append(take_over(Path(name), tool, rules))
        except Unclear as error:
            ways = ", ".join(f"--from {one}:{name}" for one in DIALECTS)
            raise click.UsageError(f"{name}: {error}; if it holds saved queries, say of which tool: {ways}") from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise click.UsageError(f"{name} cannot be read: {reason or error}") from error
    return found


# ---------------------------------------------------------------- the interview


def _answered(given: Mapping[str, object], taken: Sequence[Taken], *, asks: bool) -> tuple[Answers, tuple[str, ...]]:
    from crawler.config import packs as pack_config
    from crawler.config import values
    from crawler.config.beginning import Answers, as_query
    from crawler.config.takeover import distinct, entry_of

    ask = _Interview(given, asks=asks)
    sites = ask.many("sites", "A site or feed to watch", entry_of, needed=not any(one.sources for one in taken))
    names = ask.packs(pack_config.pack_name)
    known = _names_in(names)
    topics = ask.many("topics", "Words or a query to alert for", lambda text: _known(as_query(text), known))
    channel = ask.one("channel", "Slack channel that hears of it (- for none yet)", values.channel, "#news")
    contact = ask.one("contact", "E-mail address by which sites can reach you (- for none)", values.contact, "-")
    zone = ask.one("zone", "Time zone", lambda text: values.zone(text).key, _own_zone())
    entries, again = distinct([*(entry for one in taken for entry in one.sources), *map(entry_of, sites)])
    left_out = [line for one in taken for line in one.left_out]
    for one in taken:
        click.echo(one.what, err=True)
    for url in again:
        click.echo(f"on the list already: {shown(url, 200)}", err=True)
    answers = Answers(
        timezone=zone or "UTC",
        packs=names,
        channel=channel,
        contact=contact,
        sources=entries,
        topics=tuple(dict.fromkeys(topics)),
        rules=tuple(line for one in taken for line in one.rules),
        left_out=tuple(left_out),
    )
    return answers, tuple(left_out)


class _Interview:
    """Asks what no option says; an answer that cannot be used is asked for again at once, an option ends it all."""

    def __init__(self, given: Mapping[str, object], *, asks: bool) -> None:
        self._given = given
        self._asks = asks

    def one(self, name: str, question: str, read: Callable[[str], object], usual: str) -> str | None:
        """Return one answer; None for ``-``."""
        given = self._given[name]
        if given is not None or not self._asks:
            text = str(given if given is not None else usual).strip()
            return None if text in _NONE else str(_option(name, text, read))
        while True:
            text = click.prompt(question, default=usual, err=True).strip()
            if text in _NONE:
                return None
            answer = _tried(text, read)
            if answer is not None:
                return str(answer)

    def many(self, name: str, question: str, read: Callable[[str], object], *, needed: bool = True) -> list[str]:
        """Return answers as they were written, until an empty one."""
        given = self._given[name]
        written = list(given) if isinstance(given, tuple) else []
        for text in written:
            _option(name, text, read)
        if written or not self._asks or not needed:
            return written
        while True:
            more = "another, or nothing" if written else "nothing: none yet"
            text = click.prompt(f"{question} ({more})", default="", show_default=False, err=True).strip()
            if text in _NONE:
                return written
            if _tried(text, read) is not None:
                written.append(text)

    def packs(self, read: Callable[[str], str]) -> tuple[str, ...]:
        """Return the packs that are wanted; those there are are shown."""
        from alerts.packs import load, names

        given = self._given["packs"]
        written = given if isinstance(given, tuple) else ()
        chosen = [str(_option("packs", text, read)) for text in written]
        if chosen or not self._asks:
            return tuple(dict.fromkeys(chosen))
        for name in names():
            click.echo(f"  {name:20}{load(name).about}", err=True)
        while True:
            text = click.prompt(
                "Packs of names (nothing, or several with commas)", default="", show_default=False, err=True
            )
            wanted = [_tried(one.strip(), read) for one in text.split(",") if one.strip()]
            if None not in wanted:
                return tuple(dict.fromkeys(map(str, wanted)))


def _tried(text: str, read: Callable[[str], object]) -> object | None:
    """Return an answer as it is understood; None, after saying why, when it is not."""
    message = _fault(text, read)
    if message is None:
        return read(text)
    click.echo(f"  {message}", err=True)
    return None


def _option(name: str, text: str, read: Callable[[str], object]) -> object:
    message = _fault(text, read)
    if message is not None:
        option = {"zone": "timezone"}.get(name, name.removesuffix("s"))
        raise click.UsageError(f"--{option}: {message}")
    return read(text)


def _fault(text: str, read: Callable[[str], object]) -> str | None:
    from alerts.errors import ConfigError
    from crawler.config import values

    try:
        read(text)
    except values.Unusable as error:
        return f"{'***' if error.secret else shown(text, 80)} {error.message}" + (
            f"; {error.hint}" if error.hint else ""
        )
    except ConfigError as error:
        first = error.problems[0]
        return f"{shown(text, 80)}: {first.message}" + (f"; {first.hint}" if first.hint else "")
    return None


def _known(query: str, names: frozenset[str]) -> str:
    """Refuse a query with a name that no chosen pack has."""
    from crawler.config import values

    if not query.isprintable():
        raise values.Unusable("holds a character that cannot be seen", "type it anew")
    for name in re.findall(r"\$([\w-]+)", query):
        if name not in names:
            close = values.did_you_mean(name, names)
            hint = f"did you mean ${close}?" if close else "choose the pack that has it, or write the words themselves"
            raise values.Unusable(f"needs ${name}, which no chosen pack has", hint)
    return query


def _names_in(packs: Iterable[str]) -> frozenset[str]:
    from alerts.packs import load

    return frozenset(name for pack in map(load, packs) for name in (*pack.entities, *pack.lists))


def _own_zone() -> str:
    """Return the name of this machine's time zone, UTC where it has none."""
    from crawler.config import values

    linked = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    for name in (os.environ.get("TZ", "").lstrip(":"), linked):
        if name and _fault(name, values.zone) is None:
            return "UTC" if name == "Etc/UTC" else name
    return "UTC"


def _report(target: Path, answers: Answers, left_out: Sequence[str]) -> None:
    number = len(answers.sources)
    written = click.style("written", fg="green", bold=True)
    click.echo(f"{written}: {target}, with {number} source{'s' * (number != 1)}")
    for line in left_out:
        click.echo(f"not taken over: {shown(line, 300)}", err=True)
    if not os.environ.get("SLACK_BOT_TOKEN"):
        click.echo(
            "Slack: put the token into the environment as SLACK_BOT_TOKEN; until then cards are printed.", err=True
        )
    where = "" if target == Path("config.yaml") else f" -c {target}"
    click.echo(f"Next: tocsin{where} check, then tocsin{where} once", err=True)
