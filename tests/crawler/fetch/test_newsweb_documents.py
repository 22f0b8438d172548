"""Documents as servers really send them, through the whole way: what is read of them, or why not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.newsweb import FEED, NewsWeb, news_web, told
from tests.server import rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tests.server import NewsServer

    Serve = Callable[[NewsServer, str], object]

RSS = "application/rss+xml"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A document and what becomes of it."""

    name: str
    serve: Serve
    found: str
    titles: tuple[str, ...] = ()
    says: str = ""


def case(name: str, serve: Serve, found: str, *titles: str, says: str = "") -> Case:
    return Case(name=name, serve=serve, found=found, titles=titles, says=says)


def body(data: str | bytes, content_type: str = RSS, *headers: tuple[str, str], status: int = 200) -> Serve:
    return lambda web, path: web.publish(
        path, data, content_type=content_type, headers=list(headers), status=status, validators=False
    )


def raw(answer: bytes) -> Serve:
    return lambda web, path: web.raw(path, answer)


def head(length: int | None = None, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()


# ---------------------------------------------------------------- charsets

WORDS = {
    "utf-8": "Traité d’accès réciproque — 相互アクセス",
    "utf-16": "部隊間協力円滑化協定に署名",
    "iso-8859-1": "Accès réciproque signé à Paris",
    "iso-8859-15": "Un budget de 3 €, signé à l'été",
    "windows-1252": "“Traité” d’accès réciproque…",
    "windows-1250": "Smlouva o vzájemném přístupu podepsána",
    "iso-8859-2": "Umowa o wzajemnym dostępie podpisana w Łodzi",
    "windows-1251": "Соглашение о взаимном доступе подписано",
    "koi8-r": "Соглашение о взаимном доступе подписано",
    "windows-1253": "Συμφωνία αμοιβαίας πρόσβασης υπεγράφη",
    "windows-1254": "Karşılıklı erişim anlaşması imzalandı",
    "windows-1256": "توقيع اتفاقية الوصول المتبادل",
    "shift_jis": "部隊間協力円滑化協定に署名へ",
    "euc-jp": "部隊間協力円滑化協定に署名へ",
    "iso-2022-jp": "部隊間協力円滑化協定に署名へ",
    "gb2312": "中国外交部发言人回应稀土出口管制",
    "gb18030": "中国外交部发言人回应稀土出口管制",
    "big5": "外交部回應稀土出口管制措施",
    "euc-kr": "상호접근협정 서명, 공급망 협력",
}
# A long text, so that there is something to go by where nothing is declared.
GUESSABLE = {
    "shift_jis": ("ja", WORDS["shift_jis"]),
    "euc-jp": ("ja", WORDS["euc-jp"]),
    "gb18030": ("zh", WORDS["gb18030"]),
    "big5": ("zh-tw", WORDS["big5"]),
    "euc-kr": ("ko", WORDS["euc-kr"]),
    "windows-1252": ("fr", WORDS["windows-1252"]),
    "windows-1250": ("cs", WORDS["windows-1250"]),
}


def written(charset: str, title: str, *, declared: str | None) -> bytes:
    document = rss(title, title="Nouvelles")
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    return document.replace('<?xml version="1.0"?>', declaration).encode(charset)


CHARSETS = [
    *(
        case(f"{name} in its declaration", body(written(name, words, declared=name), "application/xml"),
             "read 200 +1", words)
        for name, words in WORDS.items()
        if name != "utf-16"
    ),
    *(
        case(f"{name} in the head alone", body(written(name, words, declared=None), f"text/xml; charset={name}"),
             "read 200 +1", words)
        for name, words in WORDS.items()
    ),
    *(
        case(f"{name}, though it declares UTF-8", body(written(name, words, declared="utf-8"), f"{RSS};charset={name}"),
             "read 200 +1", words)
        for name, words in WORDS.items()
    ),
    *(
        case(f"UTF-8, though head and document say {name}",
             body(written("utf-8", WORDS["utf-8"], declared=name), f"{RSS}; charset={name}"),
             "read 200 +1", WORDS["utf-8"])
        for name in ("iso-8859-1", "windows-1252", "shift_jis", "us-ascii", "utf-16", "x-unknown")
    ),
    *(
        case(f"{name}, though the head says iso-8859-1 as servers do by themselves",
             body(written(name, words, declared=name), "text/xml; charset=ISO-8859-1"), "read 200 +1", words)
        for name, words in WORDS.items()
        if name not in {"utf-16", "iso-8859-1"}
    ),
    case("a byte-order mark before UTF-8",
         body(b"\xef\xbb\xbf" + written("utf-8", WORDS["utf-8"], declared="iso-8859-1")), "read 200 +1",
         WORDS["utf-8"]),
    case("UTF-8 with two broken bytes",
         body(written("utf-8", WORDS["utf-8"] * 8, declared="utf-8").replace("—".encode(), b"\xe2\x80", 1)),
         "read 200 +1"),
]  # fmt: skip

# ---------------------------------------------------------------- XML that is none

ITEM = "<item><title>One</title><guid>1</guid></item>"
GOOD = f'<rss version="2.0"><channel><title>News</title>{ITEM}</channel></rss>'
BROKEN = [
    case("nothing closes", body('<rss version="2.0"><channel><title>News</title><item><title>One</title>'),
         "read 200 +1", "One"),
    case("a bare ampersand", body(GOOD.replace("One", "One & Two")), "read 200 +1", "One & Two"),
    case("an entity of HTML", body(GOOD.replace("One", "Caf&eacute;&nbsp;noir")), "read 200 +1", "Café noir"),
    case("an unknown entity", body(GOOD.replace("One", "One &bogus; Two")), "read 200 +1", "One &bogus; Two"),
    case("tags that close crosswise", body(GOOD.replace("One", "<b><i>One</b></i>")), "read 200 +1", "One"),
    case("a control character", body(GOOD.replace("One", "One\x0b\x01Two")), "read 200 +1"),
    case("NULs", body(GOOD.replace("One", "On\0e")), "read 200 +1"),
    case("blank lines before the declaration", body('\n\n  <?xml version="1.0"?>' + GOOD), "read 200 +1", "One"),
    case("a PHP warning before it", body("<b>Warning</b>: include(): failed in /srv/x.php on line 3<br />\n" + GOOD),
         "read 200 +1", "One"),
    case("rubbish after it", body(GOOD + "<!-- cached --><script>track()</script>"), "read 200 +1", "One"),
    case("two declarations", body('<?xml version="1.0"?><?xml version="1.0" encoding="utf-8"?>' + GOOD),
         "read 200 +1", "One"),
    case("prefixes of namespaces that nobody declared",
         body(GOOD.replace("</guid>", "</guid><dc:creator>Ann</dc:creator><media:thumbnail url='x'/>")),
         "read 200 +1", "One"),
    case("attributes without quotes, and twice",
         body(GOOD.replace("<guid>", "<guid isPermaLink=false isPermaLink=true>")), "read 200 +1", "One"),
    case("a comment with two hyphens", body(GOOD.replace(ITEM, f"<!-- a -- b -->{ITEM}")), "read 200 +1", "One"),
    case("CDATA that does not end", body(GOOD.replace("<guid>", "<description><![CDATA[ x </description><guid>")),
         "read 200 +1", "One"),
    case("markup as text, twice escaped", body(GOOD.replace("One", "&lt;b&gt;One&lt;/b&gt; &amp;amp; Two")),
         "read 200 +1", "One & Two"),
    case("a surrogate as a reference", body(GOOD.replace("One", "One&#xD800;&#55357; Two")), "read 200 +1", "One Two"),
    case("an entity that would be a file",
         body('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + GOOD.replace("One", "One&x;")),
         "read 200 +1"),
    case("an RSS version from nowhere", body(GOOD.replace("2.0", "9.9")), "read 200 +1", "One"),
    case("upper-case tags", body(GOOD.replace("item>", "ITEM>").replace("title>", "TITLE>")), "read 200 +1", "One"),
    case("items outside the channel", body(f'<rss version="2.0"><channel><title>N</title></channel>{ITEM}</rss>'),
         "read 200 +1", "One"),
    case("a feed without a single item", body(GOOD.replace(ITEM, "")), "read 200"),
]  # fmt: skip

# ---------------------------------------------------------------- what is no feed, or not called one

PAGE = "<!doctype html><html><head><title>{}</title>{}</head><body>{}</body></html>"
LINKED = PAGE.format("Home", '<link rel="alternate" type="application/rss+xml" href="/real.xml">', "<p>News</p>")
LOGIN = PAGE.format("Sign in", "", '<form><input type="password" name="p"></form>')
TYPES = [
    *(
        case(f"a feed that is called {kind or 'nothing'}", body(GOOD, kind), "read 200 +1", "One")
        for kind in ("text/html", "text/plain", "application/json", "image/png", "application/octet-stream", "nonsense",
                     "text/xml; charset=utf-8; charset=latin-1", "")
    ),
    case("JSON Feed called HTML", body('{"version": "https://jsonfeed.org/version/1.1", "title": "N", "items":'
         ' [{"id": "1", "title": "One", "content_text": "x"}]}', "text/html"), "read 200 +1", "One"),
    case("a page that names its feed", body(LINKED, HTML), "failed html", says="/real.xml"),
    case("a page that names none", body(PAGE.format("Home", "", "<p>Hi</p>"), HTML), "failed html",
         says="is the address right?"),
    case("a login page", body(LOGIN, HTML), "failed login"),
    case("a page that says not found", body(PAGE.format("404 | Page not found", "", ""), HTML), "failed soft-404"),
    case("a parked domain", body(PAGE.format("x", "", "<script src='//img.sedoparking.com/x.js'></script>"), HTML),
         "failed parked"),
    case("Cloudflare's challenge", body(PAGE.format("Just a moment...", "", ""), HTML, ("Server", "cloudflare"),
         ("cf-mitigated", "challenge"), status=403), "failed cloudflare"),
    case("Cloudflare's challenge with a good status", body(PAGE.format("Just a moment...", "", ""), HTML),
         "failed cloudflare"),
    case("DataDome's challenge", body("<html><script src='https://geo.captcha-delivery.com/c.js'></script></html>",
         HTML, ("X-DataDome", "protected"), status=403), "failed datadome"),
    case("DataDome behind 405", body("{}", "application/json", ("X-DataDome", "protected"), status=405),
         "failed datadome"),
    case("Imperva's", body("<html><script src='/_Incapsula_Resource?SWJIYLWA=1'></script></html>", HTML, status=403),
         "failed imperva"),
    case("Akamai's", body("<html><head><title>Access Denied</title></head></html>", HTML, ("Server", "AkamaiGHost"),
         status=403), "failed akamai"),
    case("AWS WAF's", body("", HTML, ("x-amzn-waf-action", "challenge"), status=202), "failed aws-waf"),
    case("nothing", body(""), "failed empty"),
    case("blanks", body(" \r\n\t\n"), "failed empty"),
    case("the name of a file", body("/etc/passwd"), "failed not-a-feed"),
    case("a JSON error with a good status", body('{"error": "quota"}', "application/json"), "failed not-a-feed"),
    case("broken JSON", body('{"version": "https://jsonfeed.org/version/1.1", "items": [', "application/feed+json"),
         "failed not-a-feed"),
    case("plain words", body("The service is being upgraded.", "text/plain"), "failed not-a-feed"),
    case("SVG", body("<svg xmlns='http://www.w3.org/2000/svg'><title>One</title></svg>", "image/svg+xml"),
         "failed not-a-feed"),
    case("a picture", body(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "image/png"), "failed not-a-feed"),
    case("a sitemap in its place", body('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>'
         "<loc>https://news.example/a</loc></url></urlset>"), "read 200 +1", says="but it is a sitemap"),
    case("a status of its own for news, 203", body(GOOD, status=203), "read 203 +1", "One"),
    case("half a feed with 206", body(GOOD, status=206), "failed http-206"),
]  # fmt: skip

# ---------------------------------------------------------------- connections


async def drops() -> AsyncIterator[bytes]:
    """A byte now and then, for ever: here, none after the first."""
    yield b"<rss"
    await asyncio.Event().wait()


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield ITEM.encode() * 1000
        await asyncio.sleep(0)


def silence(web: NewsServer, path: str) -> None:
    web.hang(path)


CONNECTIONS = [
    case("a body shorter than announced", raw(head(5000) + GOOD.encode()), "failed short-body"),
    case("chunks that break off", raw(head(Transfer_Encoding="chunked") + b"ff\r\n<rss>"), "failed short-body"),
    case("a connection that is reset within the body", lambda web, path: web.reset(path, head(5000) + b"<rss>"),
         "failed short-body"),
    case("a connection that is reset at once", lambda web, path: web.reset(path), "failed reset"),
    case("a connection that is closed at once", raw(b""), "failed reset"),
    case("gzip that is none", raw(head(len(GOOD), Content_Encoding="gzip") + GOOD.encode()), "failed bad-encoding"),
    case("an encoding that nobody knows", raw(head(len(GOOD), Content_Encoding="rot13") + GOOD.encode()),
         "read 200 +1", "One"),
    case("no HTTP", raw(b"220 mail.example ESMTP\r\n\r\n"), "failed bad-http"),
    case("a status that is no number", raw(b"HTTP/1.1 OK 200\r\n\r\n"), "failed bad-http"),
    case("two lengths", raw(head(5, content_length="9") + b"<rss/>"), "failed bad-http"),
    case("ten gigabytes announced", raw(head(10**10)), "failed too-large"),
    case("a thousand headers", raw(head(2, **{f"x{n}": "y" for n in range(1000)}) + b"{}"), "failed too-many-headers"),
    case("a header in latin-1", raw(head(len(GOOD)).replace(b"200 OK", b"200 OK\r\nX-By: Ren\xe9") + GOOD.encode()),
         "read 200 +1", "One"),
    case("no length, the end is the end", raw(head() + GOOD.encode()), "read 200 +1", "One"),
    case("a body that never ends", lambda web, path: web.stream(path, head(), endless), "failed too-large"),
]  # fmt: skip
SLOW = [
    case("silence", silence, "failed timeout"),
    case("a head that never ends", lambda web, path: web.stream(path, b"HTTP/1.1 200 OK\r\nX: ", drops),
         "failed timeout"),
    case("a body that trickles", lambda web, path: web.stream(path, head(5000), drops), "failed slow-body"),
]  # fmt: skip


async def played(sqlite_url: str, cases: Sequence[Case], **limits: Any) -> list[str]:
    """Serve each document at an address of its own, visit them all, and name what did not come out as it should."""
    async with news_web(sqlite_url, **limits) as world:
        for number, one in enumerate(cases):
            one.serve(world.web, f"/{number}")
            await world.add(f"/{number}", str(number))
        await world.pass_time(timedelta(0))
        return [
            f"{one.name}: {fault}" for number, one in enumerate(cases) for fault in await faults(world, one, number)
        ]


async def faults(world: NewsWeb, one: Case, number: int) -> list[str]:
    (line,) = await world.polls(str(number))
    found, said = told(line), " | ".join((line.detail, *line.notes))
    titles = tuple(await world.titles(str(number)))
    state, trouble = await world.shown(str(number))
    reason = one.found.removeprefix("failed ")
    facts = {
        f"{found}: {said}": found == one.found,
        f"says {said}": one.says in said,
        f"titles {titles}": not one.titles or titles == one.titles,
        f"shown as {state}, {trouble}": (state, trouble) == ("ok", None)
        if line.answer == "read"
        else state == "failing" and (trouble or "").startswith(reason),
    }
    return [fact for fact, holds in facts.items() if not holds]


async def test_every_charset_is_read_however_it_is_declared(sqlite_url: str) -> None:
    assert await played(sqlite_url, CHARSETS) == []


async def test_broken_xml_is_read_as_far_as_it_goes(sqlite_url: str) -> None:
    assert await played(sqlite_url, BROKEN) == []


async def test_what_a_document_is_called_and_what_it_is(sqlite_url: str) -> None:
    assert await played(sqlite_url, TYPES) == []


async def test_connections_that_break(sqlite_url: str) -> None:
    assert await played(sqlite_url, CONNECTIONS) == []


async def test_servers_that_take_their_time(sqlite_url: str) -> None:
    assert await played(sqlite_url, SLOW, timeout=timedelta(milliseconds=500)) == []


@pytest.mark.parametrize(
    ("address", "reason", "then"),
    [
        ("http://127.0.0.1:9/feed", "refused", "retry 1 in 1h"),
        ("http://10.0.0.1/feed", "blocked-address", "retry 1 in 2h"),
        ("http://[fe80::1]/feed", "blocked-address", "retry 1 in 2h"),
    ],
)
async def test_addresses_that_lead_nowhere(sqlite_url: str, address: str, reason: str, then: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(address)
        await world.visit()
        dossier = await world.dossier()
        assert (dossier.visits[0].reason, dossier.account.next_why) == (reason, then)


@pytest.mark.parametrize("charset", GUESSABLE)
async def test_a_charset_that_nobody_declares_is_told_by_the_source_s_language(sqlite_url: str, charset: str) -> None:
    language, words = GUESSABLE[charset]
    async with news_web(sqlite_url) as world:
        await world.add(language=language)
        world.web.publish(FEED, written(charset, words, declared=None), content_type="text/xml")
        await world.visit()
        assert await world.titles() == [words]


@pytest.mark.parametrize("one", [*TYPES[9:12], *CONNECTIONS[:6]], ids=lambda one: one.name)
async def test_what_is_mended_is_read_at_the_next_visit_with_nothing_lost(sqlite_url: str, one: Case) -> None:
    async with news_web(sqlite_url) as world:
        await world.add()
        world.web.publish(FEED, rss("Known"))
        await world.visit()
        one.serve(world.web, FEED)
        await world.visit()
        world.web.heal(FEED)
        world.web.publish(FEED, rss("Known", "Missed"))
        await world.visit()
        assert await world.titles() == ["Known", "Missed"]
