"""``notifiers:`` and ``fallback:``: ways out beside Slack, and the names by which ``to:`` may call them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from crawler.config import values
from crawler.config.model import AppriseConfig, JsonlConfig, WebhookConfig
from crawler.config.nodes import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from crawler.config.model import NotifierConfig
    from crawler.config.nodes import Item

KINDS = ("webhook", "apprise", "jsonl")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")  # no channel of Slack looks so


def names_in(main: Section) -> frozenset[str]:
    """Return the names that ``notifiers:`` gives, also those of notifiers that cannot be used."""
    given = main.get("notifiers")
    is_mapping = given is not None and isinstance(given.node, yaml.MappingNode)
    return frozenset(value.name for _, value in given.pairs()) if given and is_mapping else frozenset()


def destination(names: Collection[str]) -> Callable[[str], str]:
    """Return what reads where a message goes: a channel of the main way out, or the name of another way."""

    def read(value: str) -> str:
        word = value.strip()
        if word in names:
            return word
        close = values.did_you_mean(word, names)
        if close and not word.startswith(("#", "@")):
            raise values.Unusable("is neither a channel nor a notifier", f"did you mean `{close}`?")
        return values.channel(value)

    return read


def fallback(names: Collection[str]) -> Callable[[str], str]:
    """Return what reads ``fallback:``, the name of a notifier."""

    def read(value: str) -> str:
        word = value.strip()
        if word in names:
            return word
        close = values.did_you_mean(word, names)
        known = f"known are {', '.join(sorted(names))}" if names else "give it under `notifiers:`"
        raise values.Unusable("is no notifier", f"did you mean `{close}`?" if close else known)

    return read


def read_notifiers(main: Section) -> Mapping[str, NotifierConfig]:
    """Read ``notifiers:``; those that cannot be used are noted and left out."""
    found: dict[str, NotifierConfig] = {}
    for key, item in main.named("notifiers"):
        name = key.read(_name)
        one = _read_one(item)
        if name and one:
            found[name] = one
    return found


def _read_one(item: Item) -> NotifierConfig | None:
    section = Section(replace(item, name="a notifier"), "notifiers.*")
    given = [kind for kind in KINDS if section.tried(kind) or section.tried(f"{kind}_file")]
    if len(given) != 1:
        if section.is_mapping:
            _say_which(item, given)
        return None
    secret = section.get("secret") or section.get("secret_file")
    if secret and given != ["webhook"]:
        secret.error("`secret` signs what a webhook is sent", "remove it")
    if given == ["webhook"]:
        return _read_webhook(section)
    if given == ["apprise"]:
        url = section.secret("apprise", values.credential, "address")
        return AppriseConfig(url=url, place=item.place) if url else None
    path = section.optional("jsonl", values.text)
    folder = item.context.document.path.resolve().parent
    return JsonlConfig(path=folder / Path(path).expanduser()) if path else None


def _read_webhook(section: Section) -> WebhookConfig | None:
    url = section.secret("webhook", webhook_address, "address")
    if not (section.tried("secret") or section.tried("secret_file")):
        hint = "write `secret: ${HOOK_SECRET}`; the receiver needs the same to know that it is us"
        section.item.error("`secret` is missing beside `webhook`", hint)
        return None
    secret = section.secret("secret", values.credential, "secret")
    written = section.get("webhook") or section.get("webhook_file")
    if url is None or secret is None or written is None:
        return None
    if url.reveal().startswith("http:"):
        note = "the address is http, so everybody on the way can read the alerts"
        section.context.findings.warn(written.place, note, "use https")
    return WebhookConfig(url=url, secret=secret, place=written.place)


def webhook_address(value: str) -> str:
    """Read an address that is a secret by itself: no message repeats it."""
    try:
        return values.address(value)
    except values.Unusable as error:
        raise values.Unusable(
            "is not a web address, or holds a password", "write https://host/path", secret=True
        ) from error


def _say_which(item: Item, given: Sequence[str]) -> None:
    if given:
        item.error(f"`{given[0]}` and `{given[1]}` are both given", "make two notifiers of them")
    elif all(value.name in {"secret", "secret_file"} for _, value in item.pairs()):
        item.error("this notifier has no address", f"write one of {', '.join(f'`{kind}: …`' for kind in KINDS)}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise values.Unusable("is not a notifier's name", "use small letters, digits, - and _, a letter first")
    return value
