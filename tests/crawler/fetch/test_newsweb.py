"""What servers do over many visits, and what must come of it: answers, reasons, stories, next visits, the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.newsweb import FEED, HOUR, Step, news_web
from tests.server import rss

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import NewsServer

    Serve = Callable[[NewsServer], object]

MODIFIED = "Mon, 02 Nov 2026 11:00:00 GMT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A server's behaviour, visit by visit, and how the source stands in the end."""

    name: str
    steps: tuple[Step, ...]
    state: str = "ok"
    trouble: str | None = None  # how what is wrong begins
    titles: tuple[str, ...] | None = None  # of all stories
    moved: str | None = None  # the path that is visited from now on
    heading: str | None = None  # the path that is not believed yet
    source: dict[str, Any] = field(default_factory=dict)


def scene(name: str, *steps: Step, **how: Any) -> Scene:
    return Scene(name=name, steps=steps, **how)


def step(serve: Serve, found: str, then: str | None = None, **how: Any) -> Step:
    return Step(serve=serve, found=found, then=then, **how)


# ---------------------------------------------------------------- what a server does


def feed(*titles: str, **options: Any) -> Serve:
    """Serve a feed of these stories, and a right 304 to who has it."""
    return lambda web: web.publish(FEED, rss(*titles), **options)


def tagged(etag: str | None, *titles: str, modified: str | None = None) -> Serve:
    """Serve a feed under whatever validators, whole to everybody."""
    headers = [("ETag", etag)] if etag else []
    headers += [("Last-Modified", modified)] if modified else []
    return lambda web: web.publish(FEED, rss(*titles), headers=headers, validators=False)


def items(*parts: str) -> Serve:
    """Serve a feed of these items, without validators."""
    document = f'<rss version="2.0"><channel><title>News</title>{"".join(parts)}</channel></rss>'
    return lambda web: web.publish(FEED, document, validators=False)


def item(title: str, *, guid: str = "", link: str = "", date: str = "", text: str = "Text.") -> str:
    parts = {"title": title, "guid": guid, "link": link, "pubDate": date, "description": text}
    return f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in parts.items() if value)}</item>"


def says(status: int, **headers: str) -> Serve:
    """Answer with a bare status and these headers."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["Content-Length: 0"] if status != 304 else []
    head = "\r\n".join([f"HTTP/1.1 {status} Because", *lines, "", ""])
    return lambda web: web.raw(FEED, head.encode())


def leads(target: str, status: int) -> Serve:
    return lambda web: web.redirect(FEED, target, status)


def at(path: str, *titles: str, then: Serve) -> Serve:
    """Serve a feed at another path as well."""

    def serve(web: NewsServer) -> None:
        web.publish(path, rss(*titles))
        then(web)

    return serve


def detour(target: str) -> Serve:
    """Lead to a page that is no news at all."""

    def serve(web: NewsServer) -> None:
        web.publish(target, "<html><title>Hello</title></html>", content_type="text/html")
        web.redirect(FEED, target, 302)

    return serve


def lie(etag: str) -> Serve:
    """Say 304 to who asks conditionally, whatever has changed."""
    return says(304, ETag=etag)


# ---------------------------------------------------------------- the table

CONDITIONAL = [
    scene(
        "an honest 304",
        step(feed("One"), "read 200 +1", "every 1h", whole=True),
        step(feed("One"), "unchanged 304", "every 1h", whole=False),
        step(feed("One", "Two"), "read 200 +1 =1", whole=False),
        titles=("One", "Two"),
    ),
    scene(
        "no validators at all",
        step(tagged(None, "One"), "read 200 +1"),
        step(tagged(None, "One"), "unchanged same-body", whole=True),
        step(tagged(None, "One", "Two"), "read 200 +1 =1"),
    ),
    scene(
        "a new ETag for the same bytes each time",
        step(tagged('"a"', "One"), "read 200 +1"),
        step(tagged('"b"', "One"), "unchanged same-body", echo='"a"'),
        step(tagged('"c"', "One", "Two"), "read 200 +1 =1", echo='"b"'),
        step(lie('"c"'), "unchanged 304", echo='"c"'),
    ),
    scene(
        "weak and odd ETags go back byte for byte",
        step(tagged('W/"a b;c-gzip"', "One"), "read 200 +1"),
        step(tagged("no-quotes--gzip", "One", "Two"), "read 200 +1 =1", echo='W/"a b;c-gzip"'),
        step(tagged('w/"x', "One", "Two", "Three"), "read 200 +1 =2", echo="no-quotes--gzip"),
        step(lie('w/"x'), "unchanged 304", echo='w/"x'),
    ),
    scene(
        "a 304 that brings other validators",
        step(tagged('"a"', "One", modified=MODIFIED), "read 200 +1"),
        step(says(304, ETag='"b"'), "unchanged 304", echo='"a"'),
        step(says(304), "unchanged 304", echo='"b"'),
        step(says(304), "unchanged 304", echo='"b"'),
    ),
    scene(
        "the same ETag for new bytes, given whole",
        step(tagged('"a"', "One"), "read 200 +1"),
        step(tagged('"a"', "One", "Two"), "read 200 +1 =1", echo='"a"'),
        step(tagged('"a"', "One", "Two", "Three"), "read 200 +1 =2", echo='"a"'),
    ),
    scene(
        "304 for ever although much has changed is seen through within a day",
        step(tagged('"a"', "One"), "read 200 +1"),
        *[step(lie('"a"'), "unchanged 304", whole=False)] * 23,
        step(
            tagged('"a"', "One", "Two"), "read 200 +1 =1", whole=True, says="asked for the whole document from now on"
        ),
        step(tagged('"a"', "One", "Two", "Three"), "read 200 +1 =2", whole=True),
        step(tagged('"a"', "One", "Two", "Three"), "unchanged same-body", whole=True),
        titles=("One", "Two", "Three"),
    ),
    scene(
        "304 to everybody, asked or not",
        step(lie('"a"'), "failed http-304", "retry 1 in 1h", whole=True),
        step(feed("One"), "read 200 +1", whole=True, says="answers again after 1 failed visit"),
    ),
    scene(
        "a failure between keeps the validators, and what they stand for",
        step(tagged('"a"', "One"), "read 200 +1"),
        step(says(500), "failed http-500", "retry 1 in 1h", echo='"a"'),
        step(lie('"a"'), "unchanged 304", echo='"a"', says="answers again after 1 failed visit in 1h"),
    ),
    scene(
        "what could not be read leaves no validators",
        step(tagged('"a"', "One"), "read 200 +1"),
        step(
            lambda web: web.publish(FEED, "<html>Sorry</html>", headers=[("ETag", '"b"')], validators=False),
            "failed html",
            echo='"a"',
        ),
        step(tagged('"c"', "One", "Two"), "read 200 +1 =1", echo='"a"'),
    ),
]

EIGHT, NINE = "Mon, 02 Nov 2026 08:00:00 GMT", "Mon, 02 Nov 2026 09:00:00 GMT"
LINK = "https://news.example/a"
FLIP = [item(title, guid="1", link=LINK, date=EIGHT) for title in ("Talks on treaty open", "Treaty talks: day one")]

IDENTITY = [
    scene(
        "a new guid at every visit",
        step(items(item("One", guid="1", link=LINK)), "read 200 +1"),
        step(items(item("One", guid="2", link=LINK)), "read 200 =1"),
        step(items(item("One", guid="3", link=LINK)), "read 200 =1"),
        titles=("One",),
    ),
    scene(
        "a new guid and an edit at once, the date kept",
        step(items(item("One", guid="1", link=LINK, date=EIGHT)), "read 200 +1"),
        step(items(item("One", guid="2", link=LINK, date=EIGHT, text="More of it.")), "read 200 ~1"),
        titles=("One",),
    ),
    scene(
        "items dated anew at every visit",
        step(items(item("One", guid="1", date=EIGHT)), "read 200 +1"),
        step(items(item("One", guid="1", date=NINE)), "read 200 =1"),
        step(items(item("One", guid="1")), "read 200 =1"),
        titles=("One",),
    ),
    scene(
        "a story that drops out and comes back",
        step(items(item("One", guid="1"), item("Two", guid="2")), "read 200 +2"),
        step(items(item("Two", guid="2")), "read 200 =1"),
        step(items(item("One", guid="1"), item("Two", guid="2")), "read 200 =2"),
    ),
    scene(
        "two titles on trial, by turns",
        step(items(FLIP[0]), "read 200 +1"),
        *(step(items(FLIP[number % 2]), "read 200 ~1") for number in range(1, 24)),
        step(items(FLIP[0]), "read 200 =1", says="changed after 24 versions: ignored"),
        titles=("Treaty talks: day one",),
    ),
    scene(
        "one guid for everything",
        step(items(item("One", guid="x"), item("Two", guid="x")), "read 200 +2"),
        step(items(item("Three", guid="x"), item("One", guid="x"), item("Two", guid="x")), "read 200 +1 =2"),
    ),
    scene(
        "neither guid nor link",
        step(items(item("One"), item("Two")), "read 200 +2"),
        step(items(item("Three"), item("One"), item("Two")), "read 200 +1 =2"),
    ),
    scene(
        "tracking parameters that change with every visit",
        step(items(item("One", link="https://news.example/a?utm_source=1")), "read 200 +1"),
        step(items(item("One", link="https://news.example/a?utm_source=2")), "read 200 =1"),
    ),
    scene(
        "nothing in common with the last visit",
        step(items(item("One", guid="1"), item("Two", guid="2")), "read 200 +2"),
        step(items(item("Two", guid="2"), item("Three", guid="3")), "read 200 +1 =1"),
        step(
            items(item("Nine", guid="9"), item("Ten", guid="10")),
            "read 200 +2",
            says="this visit shared no item with the last, 1h before: some may be missing",
        ),
    ),
    scene(
        "a flood",
        step(items(item("Old", guid="old")), "read 200 +1"),
        step(
            items(item("Old", guid="old"), *(item(f"No {n}", guid=str(n)) for n in range(20))),
            "read 200 +20 =1",
            says="20 of 21 entries new at once",
        ),
    ),
    scene(
        "a feed that is emptied and filled again",
        step(feed("One", "Two"), "read 200 +2"),
        step(feed(), "read 200"),
        step(feed("One", "Two"), "read 200 =2"),
    ),
]

OTHER = "/other"
MOVED = scene(
    "permanently elsewhere, believed the third time",
    step(feed("One"), "read 200 +1"),
    step(at(OTHER, "One", then=leads(OTHER, 301)), "unchanged 304"),
    step(leads(OTHER, 301), "unchanged 304"),
    step(leads(OTHER, 308), "unchanged 304", says="`url:` in the configuration should say so"),
    moved=OTHER,
)
REDIRECTS = [
    MOVED,
    *(
        scene(
            f"{status} is followed for ever and never believed",
            step(feed("One"), "read 200 +1"),
            step(at(OTHER, "One", then=leads(OTHER, status)), "unchanged 304"),
            *[step(leads(OTHER, status), "unchanged 304", "every 1h")] * 4,
        )
        for status in (302, 303, 307)
    ),
    scene(
        "a redirect without an address",
        step(says(301), "failed http-301", "retry 1 in 1h"),
        state="failing",
        trouble="http-301",
    ),
    scene(
        "a 301 that is taken back before it is believed",
        step(at(OTHER, "One", then=leads(OTHER, 301)), "read 200 +1"),
        step(leads(OTHER, 301), "unchanged 304"),
        step(feed("One"), "unchanged 304"),
        step(leads(OTHER, 301), "unchanged 304"),
        step(leads(OTHER, 301), "unchanged 304"),
        heading=OTHER,
    ),
    scene(
        "301 to two places by turns",
        step(at(OTHER, "One", then=at("/third", "One", then=leads(OTHER, 301))), "read 200 +1"),
        *[step(leads("/third", 301), "unchanged 304"), step(leads(OTHER, 301), "unchanged 304")] * 3,
        heading=OTHER,
    ),
    *(
        scene(
            f"a redirect to {target[:30]}",
            step(leads(target, 302), f"failed {reason}", "retry 1 in 2h"),
            state="failing",
            trouble=reason,
        )
        for target, reason in (
            (FEED, "redirect-loop"),
            ("file:///etc/passwd", "bad-redirect"),
            ("javascript:alert(1)", "bad-redirect"),
            ("http://[::1", "bad-redirect"),
            ("http://10.0.0.1/", "blocked-address"),
            ("http://169.254.169.254/latest/meta-data", "blocked-address"),
            ("http://[::ffff:10.0.0.1]/", "blocked-address"),
        )
    ),
    scene(
        "a redirect to a login, and to a wall of cookies",
        step(detour("/login?next=1"), "failed login", "retry 1 in 1h"),
        step(detour("/sso/"), "failed login"),
        step(detour("/consent"), "failed consent"),
        state="failing",
        trouble="consent",
    ),
]

FAILURES = [
    *(
        scene(
            f"{status}, then all is well",
            step(feed("One"), "read 200 +1"),
            step(says(status), f"failed {reason or f'http-{status}'}", f"retry 1 in {first}"),
            step(says(status), f"failed {reason or f'http-{status}'}", f"retry 2 in {second}"),
            step(feed("One", "Two"), "read 200 +1 =1", "every 1h", says="answers again after 2 failed visits"),
        )
        for status, reason, first, second in (
            *((status, "", "2h", "8h") for status in (400, 401, 403, 405, 406, 451)),
            (402, "paywall", "2h", "8h"),
            *((status, "", "1h", "2h") for status in (204, 206, 300, 404, 408, 409, 418, 425, 500, 502, 504, 520, 599)),
        )
    ),
    scene(
        "a 404 that returns after a day and a half",
        step(feed("One"), "read 200 +1"),
        *(
            step(says(404), "failed http-404", f"retry {number} in {wait}")
            for number, wait in enumerate(("1h", "2h", "4h", "8h", "16h"), 1)
        ),
        step(feed("One", "Two"), "read 200 +1 =1", says="answers again after 5 failed visits in 31h"),
    ),
    scene(
        "a 404 that is told of after six hours",
        step(feed("One"), "read 200 +1"),
        step(says(404), "failed http-404"),
        step(says(404), "failed http-404"),
        step(says(404), "failed http-404"),
        step(says(404), "failed http-404", says="http-404 for 8h, 4 visits in a row: 404 Not Found"),
        step(says(404), "failed http-404"),
        state="failing",
        trouble="http-404 for 15h, 5 visits in a row",
    ),
    scene(
        "410 is believed the third time, a day apart",
        step(feed("One"), "read 200 +1"),
        step(says(410), "failed gone", "gone: looking again in 1d", says="asked twice more"),
        step(says(410), "failed gone", "gone: looking again in 1d"),
        step(says(410), "failed gone", "gone: not visited again", says="left until its entry changes"),
        state="gone",
        trouble="gone for 2d, 3 visits in a row",
    ),
    scene(
        "410 by mistake",
        step(feed("One"), "read 200 +1"),
        step(says(410), "failed gone"),
        step(says(410), "failed gone"),
        step(feed("One", "Two"), "read 200 +1 =1", "every 1h", says="answers again after 2 failed visits in 2d"),
    ),
    scene(
        "Retry-After in seconds, as a date, too long, in words",
        step(feed("One"), "read 200 +1"),
        step(says(503, Retry_After="7200"), "failed http-503", "retry in 2h06m: it asked for 2h"),
        step(feed("One"), "unchanged 304"),
        step(
            says(429, Retry_After="Mon, 02 Nov 2026 23:00:00 GMT"),
            "failed http-429",
            "retry in 7h14m: it asked for 6h54m",
        ),
        step(feed("One"), "unchanged 304"),
        step(says(503, Retry_After="99999999999"), "failed http-503", "retry in 24h: it asked for 24h"),
        step(feed("One"), "read 200 =1"),  # once a week, though it is the same
        step(says(503, Retry_After="-5"), "failed http-503", "retry 1 in 1h"),
        step(feed("One"), "unchanged 304"),
        step(says(503, Retry_After="soon"), "failed http-503", "retry 1 in 1h"),
        state="failing",
        trouble="http-503",
    ),
    scene(
        "a server that names an earlier moment is taken at its word three times",
        step(feed("One"), "read 200 +1"),
        *[step(says(503, Retry_After="10"), "failed http-503", "retry in 1h: it asked for 10s")] * 3,
        step(says(503, Retry_After="10"), "failed http-503", "retry 4 in 8h"),
        state="failing",
        trouble="http-503 for 3h, 4 visits in a row",
        source={"every": HOUR},
    ),
]

SCENES = [*CONDITIONAL, *IDENTITY, *REDIRECTS, *FAILURES]


@pytest.mark.parametrize("played", SCENES, ids=lambda played: played.name)
async def test_every_answer_has_its_consequence(sqlite_url: str, played: Scene) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(**played.source)
        await world.play(*played.steps)
        state, trouble = await world.shown()
        assert state == played.state, trouble
        assert (trouble or "").startswith(played.trouble or ""), trouble
        assert bool(trouble) is bool(played.trouble)
        standing = (await world.dossier()).account.standing
        assert standing.moved_to == (played.moved and world.web.url(played.moved))
        assert standing.heading == (played.heading and world.web.url(played.heading))
        if played.titles is not None:
            assert tuple(await world.titles()) == played.titles
