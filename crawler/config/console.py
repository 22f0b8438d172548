"""The ``console:`` of a configuration: where the web page is served, and what lets people act there."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from crawler.config import values
from crawler.config.model import ConsoleConfig

if TYPE_CHECKING:
    from crawler.config.nodes import Section

_SHORTEST = 16  # characters of a token that nobody guesses


def is_loopback(host: str) -> bool:
    """Say whether a host, without a port, is this machine and no other."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_console(main: Section) -> ConsoleConfig | None:
    """Read ``console:`` of the file; None where it says null, and the console is off."""
    if main.is_null("console"):
        return None
    section = main.section("console")
    usual = ConsoleConfig()
    host, port = section.read("listen", values.listen, (usual.host, usual.port))
    written = section.get("listen")
    if written and not is_loopback(host) and not (section.tried("token") or section.tried("token_file")):
        hint = "write a `token:` or `token_file:`, or listen at 127.0.0.1 and let a proxy with TLS before it"
        written.error(f"`listen` lets other machines in at {host}:{port}, and there is no `token`", hint)
    return ConsoleConfig(host=host, port=port, token=section.secret("token", token_of))


def token_of(value: str) -> str:
    """Read ``console.token``."""
    token = values.credential(value)
    if len(token) < _SHORTEST:
        hint = f"take {_SHORTEST} characters or more that nobody guesses: `openssl rand -hex 16` makes some"
        raise values.Unusable("is too short for a token", hint, secret=True)
    return token
