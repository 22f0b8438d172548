"""What each reason for a failed visit means, in a sentence for users: one table."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


_ASK = "ask the publisher to let it in, or use another source."
_TURNS_AWAY = f"guards the site and turns programs away, Tocsin too: {_ASK}"

REASONS: Mapping[str, str] = {
    # the address and the way there
    "bad-url": "The address is no web address; correct it in the configuration.",
    "bad-redirect": "The server sends us on to something that is no web address.",
    "insecure-redirect": "The server sends us from https to http, which Tocsin does not follow.",
    "redirect-loop": "The server sends us on in a circle, or more than five times.",
    "blocked-address": "The address is a private one or has an unusual port; fetch.allow_private can open a network.",
    "host-held": "The server asked to be left alone for a while, so the visit was put off.",
    "host-taken": "Another worker is at the host, so the visit was put off; an hour of this counts as a failure.",
    # the network
    "dns": "No address is known for this name: it is misspelt, gone, or the network is down.",
    "refused": "No server answers at that address and port.",
    "unreachable": "The network knows no way to the host.",
    "reset": "The server ended the connection without an answer.",
    "connect-timeout": "No connection to the server came about within fetch.timeout.",
    "timeout": "The server took the request and did not answer within fetch.timeout.",
    "slow-body": "The answer began and did not end within fetch.timeout.",
    "proxy": "The proxy of fetch.proxy cannot be reached or refuses.",
    # TLS
    "tls-expired": "The server's certificate has run out, or is not valid yet.",
    "tls-self-signed": "The server vouches for itself: nobody that this machine trusts signed its certificate.",
    "tls-wrong-host": "The server's certificate is for another name.",
    "tls-untrusted": "Nobody that this machine trusts vouches for the certificate, or its chain is incomplete.",
    "tls-protocol": "No secure connection came about: the server speaks another protocol or version.",
    # the answer as such
    "bad-http": "The answer is not valid HTTP.",
    "too-many-headers": "The answer has more than 512 headers, or one of more than 32 KiB.",
    "too-large": "The body is larger than fetch.max_body after decompression.",
    "short-body": "The connection ended before the body did.",
    "bad-encoding": "The body is not compressed as its head says.",
    # who refuses us
    "robots": "The site's robots.txt closes this address to programs: ask the publisher, or use another source.",
    "robots-unreachable": "The site's robots.txt cannot be read now; until it can, its pages are left alone.",
    "cloudflare": f"Cloudflare, which guards the site, wants proof of a person, and Tocsin is none: {_ASK}",
    "datadome": f"DataDome {_TURNS_AWAY}",
    "akamai": f"Akamai {_TURNS_AWAY}",
    "imperva": f"Imperva {_TURNS_AWAY}",
    "perimeterx": f"PerimeterX {_TURNS_AWAY}",
    "aws-waf": f"The firewall of AWS {_TURNS_AWAY}",
    "login": "A login page came instead; if you have an account, give the source its auth: or headers:.",
    "consent": "A page that asks for consent to cookies came instead; if you consent, headers: can carry the cookie.",
    "paywall": "The page is for paying readers only (402).",
    "parked": "The domain is parked or for sale: the publisher is gone from there.",
    "soft-404": "A page that says 'not found' came with a status that says all is well.",
    # statuses with a word of their own; others: http-NNN
    "gone": "The address is gone for good, says the server (410).",
    "http-401": "The server asks for a name and a password; if you have them, give the source its auth:.",
    "http-403": "The server refuses us the address (403): ask the publisher to let Tocsin in, or use another source.",
    "http-404": "The server knows no such address (404); it is tried again, for many come back.",
    "http-429": "We ask too often, says the server (429): it is left alone as long as it wishes.",
    "http-451": "The address is blocked for legal reasons (451).",
    "http-503": "The server is overloaded or closed for a while (503): it is left alone as long as it wishes.",
    # what was to be read
    "empty": "The body is empty.",
    "html": "A web page came where a feed was expected: give the feed's address, or kind: listing to read the page.",
    "not-a-feed": "The document is neither RSS, Atom, RDF nor JSON Feed.",
    "not-a-page": "What came is no web page.",
    "no-text": "No article was found on the page; article: can say where its text stands.",
    "nothing-to-watch": "No feed, sitemap or list of stories was found at the address: name one, with kind:.",
    "source-removed": "The source left the configuration before the page of its story was read.",
    "not-wanted": "The source got fulltext: never, so the page of its story is not visited again.",
    "drift": "The listing no longer shows links where they were: its page was redesigned, or links: is out of date.",
    "bad-selector": "A selector in the source's links:, next: or article: cannot be used.",
    "unreadable": "The document is damaged beyond what the parser can mend.",
    "parser-killed": "Reading the document took too long or too much memory, so it was stopped.",
    # the browser of render: browser
    "no-browser": "The source wants a browser, and none can be started; the detail says how to get one.",
    "browser": "The page could not be loaded in the browser.",
    "browser-gone": "The browser ended over the page; it is started anew.",
    "browser-busy": "The browser was busy with other pages for too long.",
    # us
    "engine-gone": "Tocsin's own machinery for visits ended twice during this one; it is made again.",
    "stopped": "Tocsin was stopped; the visit is made after the next start.",
    "internal": "A fault in Tocsin; the log has the details.",
}


def meaning(reason: str) -> str:
    """Return the sentence for a reason; other statuses than those of the table are explained by their phrase."""
    if reason in REASONS:
        return REASONS[reason]
    code = reason.removeprefix("http-")
    try:
        return f"The server answered {code} {HTTPStatus(int(code)).phrase}."
    except ValueError:
        return f"The server answered {code}, a status that is no standard's."
