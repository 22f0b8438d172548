"""``tocsin man``: the whole command line as a manual page."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = (
    (
        "FILES",
        (
            (
                "config.yaml",
                "Everything you tune; docs/config.md lists every key. Its folder is where relative paths begin.",
            ),
            ("var/tocsin.db", "What Tocsin remembers, unless `store:` names another place."),
        ),
    ),
    (
        "ENVIRONMENT",
        (
            ("TOCSIN_CONFIG", "The configuration where neither --config nor ./config.yaml is there."),
            ("SLACK_BOT_TOKEN, SLACK_APP_TOKEN", "What the shipped config.yaml takes the tokens from."),
            ("NO_COLOR", "Set: no colours."),
        ),
    ),
    (
        "EXIT STATUS",
        (("0", "Fine."), ("1", "Problems were found."), ("2", "The command was used wrongly.")),
    ),
    (
        "SIGNALS",
        (
            ("SIGTERM, SIGINT", "tocsin run ends within ten seconds; nothing is lost and nothing is told twice."),
            ("SIGHUP", "tocsin run reads its configuration anew."),
        ),
    ),
)


@click.command()
@click.pass_context
def man(context: click.Context) -> None:
    """Print the manual page of tocsin, in the form that man reads.

    tocsin man | man -l - shows it; in the folder man1 of a manpath, such as ~/.local/share/man/man1/tocsin.1, it
    answers man tocsin.
    """
    root = context.find_root()
    from crawler import __version__

    click.echo(page(root.command, __version__), nl=False)


def page(command: click.Command, version: str) -> str:
    """Return the manual page of a command with all below it, in roff with the man macros."""
    name = command.name or "tocsin"
    lines = [
        f'.TH {name.upper()} 1 "" "{name} {version}" "User Commands"',
        ".SH NAME",
        f"{name} \\- news monitoring that tells why",
        ".SH SYNOPSIS",
        f".B {name}",
        r".RI [ OPTIONS ] " + r"\ COMMAND\ [ ARGUMENTS ]",
        ".SH DESCRIPTION",
        *_paragraphs(command.help or ""),
        ".SH COMMANDS",
    ]
    for path, one in _leaves(command, name):
        lines += [f".SS {_escaped(path)} {_escaped(_arguments(one))}".rstrip(), *_paragraphs(one.help or "")]
        for parameter in one.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                lines += [".TP", f".B {_escaped(_spelled(parameter))}", _escaped(parameter.help or "")]
    for heading, entries in _SECTIONS:
        lines.append(f".SH {heading}")
        for term, about in entries:
            lines += [".TP", f".B {_escaped(term)}", _escaped(about)]
    return "\n".join(lines) + "\n"


def _leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, one in sorted(command.commands.items()):
        if not one.hidden:
            yield from _leaves(one, f"{path} {name}")


def _arguments(command: click.Command) -> str:
    words = [one.make_metavar(click.Context(command)) for one in command.params if isinstance(one, click.Argument)]
    return " ".join(["[OPTIONS]", *words])


def _spelled(option: click.Option) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    return f"{names} {option.make_metavar(click.Context(click.Command('')))}"


def _paragraphs(text: str) -> Iterator[str]:
    r"""Yield a help text as paragraphs; one that begins with ``\b`` keeps its lines, as click does."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", inspect.cleandoc(text))):
        if number:
            yield ".PP"
        if paragraph.startswith("\b"):
            yield from (".nf", *map(_escaped, paragraph.lstrip("\b\n").splitlines()), ".fi")
        else:
            yield _escaped(" ".join(paragraph.split()))


def _escaped(text: str) -> str:
    """Return text as roff shows it: a backslash, a hyphen that can be copied, and no request at a line's beginning."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
