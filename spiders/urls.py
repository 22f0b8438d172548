"""The canonical form of an address: two links to one page compare equal."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

if TYPE_CHECKING:
    from tldextract import TLDExtract

_LIMIT = 4_096  # characters; longer ones are traps, not links
_PORTS = {"http": 80, "https": 443}
_TRACKING_NAMES = (
    "_ga _hsenc _hsmi at_campaign at_campaign_type at_custom1 at_custom2 at_custom3 at_custom4 at_medium cmp cmpid "
    "dclid fbclid gbraid gclid gclsrc igshid mc_cid mc_eid mkt_tok msclkid ncid ns_campaign ns_fee ns_linkname "
    "ns_mchannel ns_source ocid oly_anon_id oly_enc_id rb_clickid s_cid s_kwcid smid sr_share srsltid "
    "traffic_source ttclid twclid vero_conv vero_id wbraid wickedid xtor yclid"
)
_TRACKING = frozenset(_TRACKING_NAMES.split())
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ADDRESS = re.compile(r"[0-9a-f:.]+")
_PATH_SAFE = "/:@!$&'()*+,;=~%-._"
_QUERY_SAFE = _PATH_SAFE + "?"


def canonical(url: str, base: str | None = None) -> str | None:
    """Return the canonical http(s) address, or None when there is none.

    Lower-case IDNA host, no default port, no user, no fragment, no tracking parameter; the order of the
    other parameters is kept because some servers care. ``canonical(canonical(u)) == canonical(u)``.
    """
    try:
        parts = urlsplit(urljoin(base or "", url.strip()))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or host is None:
        return None
    netloc = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    path = _quoted(parts.path, _PATH_SAFE) or "/"
    address = urlunsplit((parts.scheme, netloc, path, _quoted(_untracked(parts.query), _QUERY_SAFE), ""))
    return address if len(address) <= _LIMIT else None


def site_of(url: str) -> str:
    """Return the registrable domain of an address (``news.example.co.uk`` → ``example.co.uk``), else its host."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
    known = _suffixes().extract_str(host).top_domain_under_public_suffix
    is_address = ":" in host or host.replace(".", "").isdigit()
    return known or (host if is_address else ".".join(host.split(".")[-2:]))  # an unknown suffix is one label


@cache
def _suffixes() -> TLDExtract:
    """Load the public suffix list that the library brings along: it must never fetch a newer one."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def _host(name: str) -> str | None:
    if ":" in name:
        return f"[{name}]" if _ADDRESS.fullmatch(name) else None
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    name = name.lower().removesuffix(".")
    return name if _HOST.fullmatch(name) else None


def _untracked(query: str) -> str:
    return "&".join(part for part in query.split("&") if part and not _is_tracking(part.partition("=")[0].lower()))


def _is_tracking(name: str) -> bool:
    return name.startswith("utm_") or name in _TRACKING


def _quoted(text: str, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")
