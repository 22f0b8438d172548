"""Article pages in the manner of publishers' templates: furniture full of alert words around a body without them."""

from __future__ import annotations

import json
from dataclasses import dataclass

ALERT = "zirconium"  # stands in furniture only


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """Sentences of one language: a body, and words that only its furniture has."""

    code: str
    title: str
    paragraphs: tuple[str, ...]
    alert: str
    teaser: str  # a headline elsewhere; it holds the alert word
    lead: str  # what comes before such a headline


ENGLISH = Tongue(
    code="en",
    title="Harbour towns agree on a common ferry timetable",
    paragraphs=(
        "Seven harbour towns on the northern coast have agreed on a common ferry timetable, said their mayors.",
        "The new timetable begins in April, and it gives every island two connections a day, even in winter.",
        "“We have waited for this since my grandfather was a boy,” said the mayor of the smallest of the towns.",
        "Two companies will share the work, each with four ships, and tickets will be valid on all of them.",
        "The towns pay a third of the costs; the rest comes from the region and from passengers, the mayors said.",
        "A first test with three of the ships is planned for February, when the sea is at its roughest.",
    ),
    alert=ALERT,
    teaser="Ministers quarrel over zirconium exports as prices climb again",
    lead="Read more:",
)
GERMAN = Tongue(
    code="de",
    title="Bergdorf bekommt nach langer Suche wieder einen Bäcker",
    paragraphs=(
        "Nach mehr als drei Jahren ohne eigene Bäckerei gibt es in dem kleinen Bergdorf wieder frisches Brot.",
        "Eine junge Familie aus der Stadt hat das alte Backhaus am Marktplatz gekauft und in einem Jahr erneuert.",
        "„Wir stehen um zwei Uhr auf, aber der Blick auf die Gipfel entschädigt uns“, sagte die Bäckerin am Samstag.",
        "Die Gemeinde hat den Umbau mit einem kleinen Darlehen gefördert, das in zehn Jahren zurückgezahlt wird.",
        "Verkauft wird nur am Vormittag; am Nachmittag lernt der Nachwuchs, wie man einen Sauerteig führt.",
    ),
    alert="Zirkonium",
    teaser="Streit um Zirkonium: Minister drohen mit neuen Zöllen für Importe",
    lead="Lesen Sie auch:",
)
JAPANESE = Tongue(
    code="ja",
    title="港町の七つの市がフェリーの共通時刻表に合意",
    paragraphs=(
        "北海岸の七つの港町は、フェリーの共通時刻表を導入することで合意したと、各市長が月曜日に発表した。",
        "新しい時刻表は四月に始まり、冬の間も、すべての島に一日二便が運航されることになる。",
        "最も小さい町の市長は「祖父が子供だったころから、私たちはこの日を待っていた」と語った。",
        "二つの会社がそれぞれ四隻の船で運航を分担し、乗船券はすべての船で共通に使えるようになる。",
        "費用の三分の一は町が負担し、残りは地域の予算と乗客の運賃でまかなわれると市長らは説明した。",
    ),
    alert="ジルコニウム",
    teaser="ジルコニウムの輸出をめぐり閣僚が対立、価格は再び上昇",
    lead="関連記事：",
)
CHINESE = Tongue(
    code="zh",
    title="北部海岸七个港口城镇商定共同的渡轮时刻表",
    paragraphs=(
        "北部海岸的七个港口城镇已就共同的渡轮时刻表达成一致，各镇镇长星期一对外宣布了这一消息。",
        "新的时刻表将从四月开始实行，即使在冬季，每座岛屿每天也会有两班渡轮往来于大陆之间。",
        "其中最小城镇的镇长表示：“从我祖父还是孩子的时候起，我们就一直在等待这一天的到来。”",
        "两家公司将分担这项工作，每家公司各有四艘船，乘客购买的船票可以在所有船上通用。",
        "费用的三分之一由各城镇承担，其余部分来自地区预算和乘客的票款，镇长们这样解释说。",
    ),
    alert="锆矿",
    teaser="部长们就锆矿出口问题发生争执，国际市场价格再次上涨",
    lead="延伸阅读：",
)
ARABIC = Tongue(
    code="ar",
    title="سبع مدن ساحلية تتفق على جدول موحد للعبارات",
    paragraphs=(
        "اتفقت سبع مدن ساحلية في الشمال على جدول موحد للعبارات، وفق ما أعلن رؤساء بلدياتها يوم الاثنين.",
        "يبدأ العمل بالجدول الجديد في شهر أبريل، ويمنح كل جزيرة رحلتين في اليوم حتى في فصل الشتاء.",
        "وقال رئيس بلدية أصغر هذه المدن إن السكان ينتظرون هذا اليوم منذ أن كان جده طفلا صغيرا.",
        "وستتقاسم شركتان العمل بأربع سفن لكل منهما، وستكون التذاكر صالحة على جميع هذه السفن.",
        "وتدفع المدن ثلث التكاليف، أما الباقي فيأتي من ميزانية المنطقة ومن أجور الركاب كما أوضحوا.",
    ),
    alert="الزركونيوم",
    teaser="وزراء يختلفون حول صادرات الزركونيوم مع ارتفاع الأسعار مجددا",
    lead="اقرأ أيضا:",
)
THAI = Tongue(
    code="th",
    title="เมืองท่าเจ็ดแห่งตกลงใช้ตารางเดินเรือข้ามฟากร่วมกัน",
    paragraphs=(
        "เมืองท่าเจ็ดแห่งบนชายฝั่งทางเหนือตกลงใช้ตารางเดินเรือข้ามฟากร่วมกัน นายกเทศมนตรีแถลงเมื่อวันจันทร์",
        "ตารางใหม่จะเริ่มใช้ในเดือนเมษายน และทุกเกาะจะมีเรือวันละสองเที่ยวแม้ในช่วงฤดูหนาวที่คลื่นลมแรง",
        "นายกเทศมนตรีของเมืองที่เล็กที่สุดกล่าวว่าชาวเมืองรอวันนี้มาตั้งแต่สมัยที่ปู่ของเขายังเป็นเด็ก",
        "บริษัทสองแห่งจะแบ่งงานกันทำ แต่ละแห่งมีเรือสี่ลำ และตั๋วโดยสารจะใช้ได้กับเรือทุกลำ",
        "เมืองต่างๆ จะจ่ายค่าใช้จ่ายหนึ่งในสาม ส่วนที่เหลือมาจากงบประมาณของภูมิภาคและค่าโดยสาร",
    ),
    alert="เซอร์โคเนียม",
    teaser="รัฐมนตรีขัดแย้งเรื่องการส่งออกเซอร์โคเนียมขณะที่ราคาพุ่งขึ้นอีกครั้ง",
    lead="ข่าวที่เกี่ยวข้อง:",
)
TONGUES = (ENGLISH, GERMAN, JAPANESE, CHINESE, ARABIC, THAI)


def furniture(tongue: Tongue) -> dict[str, str]:
    """Return blocks of furniture that stand between the paragraphs of an article, by what they are."""
    teaser, lead, alert = tongue.teaser, tongue.lead, tongue.alert
    link = f'<a href="/news/other-story-8812">{teaser}</a>'
    return {
        "most-read": f'<div class="most-read"><h3>{alert}</h3><ol><li>{link}</li><li>{link}</li></ol></div>',
        "unnamed list": f"<div><ul><li>{link}</li><li>{link}</li><li>{link}</li></ul></div>",
        "read-more line": f"<p>{lead} {link}</p>",
        "read-more in bold": f"<p><strong>{lead}</strong> <strong>{link}</strong></p>",
        "link alone": f"<p>{link}</p>",
        "link as block": f'<a class="x9f" href="/news/other-8812"><div><img src="/a.jpg"><p>{teaser}</p></div></a>',
        "card": f'<div class="k2"><a href="/o"><img src="/a.jpg"></a><h3>{link}</h3><p>{teaser}. {alert}!</p></div>',
        "newsletter": f'<div class="y1"><h4>{alert} Briefing</h4><p>{teaser}.</p><input type="email"></div>',
        "caption": f'<figure><img src="/a.jpg"><figcaption>{teaser}. Photo: {alert}</figcaption></figure>',
        "caption by class": f'<div class="wp-caption"><img src="/a.jpg"><p class="wp-caption-text">{teaser}.</p></div>',
        "share bar": f'<div class="article-share"><span>{alert}</span><a href="https://s.example/">{alert}</a></div>',
        "tag list": f'<ul class="article-tags"><li><a href="/t/1">{alert}</a></li><li>{alert} 2</li></ul>',
        "unnamed tags": f'<ul><li><a href="/t/1">{alert}</a></li><li><a href="/t/2">{alert}</a></li></ul>',
        "author box": f'<div class="author-bio"><img src="/a.jpg"><p>{teaser}. {teaser}.</p></div>',
        "cookie banner": f'<div role="dialog" aria-modal="true"><p>{teaser}. {alert}.</p><button>OK</button></div>',
        "comments": f'<section id="comments"><h2>{alert}</h2><div class="comment"><p>{teaser}!</p></div></section>',
        "camel case": f'<div class="RelatedStories_wrapper__x1"><p>{teaser}.</p></div>',
        "test id": f'<div data-testid="recommended-articles"><p>{teaser}.</p></div>',
        "aside": f"<aside><p>{teaser}. {teaser}.</p></aside>",
        "advertisement": f'<div class="ad-slot"><p>{teaser}.</p></div>',
        "promo": f'<section class="promo-box"><h3>{alert}</h3><p>{teaser}.</p></section>',
    }


def page(tongue: Tongue, *, between: str = "", after: str = "", frame: str = "article", body: str | None = None) -> str:
    """Return a page with furniture in the middle and after the body; ``frame`` is a template's way to hold it."""
    paragraphs = [f"<p>{text}</p>" for text in tongue.paragraphs]
    middle = len(paragraphs) // 2
    inner = body if body is not None else "".join((*paragraphs[:middle], between, *paragraphs[middle:]))
    frames = {
        "article": "<main><article><h1>{t}</h1>{b}</article></main>",
        "divs": '<div id="wrap"><div class="col8"><h1>{t}</h1><div class="txt">{b}</div></div></div>',
        "itemprop": '<div itemscope><h1 itemprop="headline">{t}</h1><div itemprop="articleBody">{b}</div></div>',
        "sections": "<main><header><h1>{t}</h1></header><section>{b}</section></main>",
    }
    told = json.dumps({"@type": "NewsArticle", "headline": tongue.title}, ensure_ascii=False)
    menu = "".join(f'<li><a href="/s/{number}">{tongue.alert} {number}</a></li>' for number in range(8))
    return (
        f'<!doctype html><html lang="{tongue.code}"><head><meta charset="utf-8"><title>{tongue.title} | Example</title>'
        f'<script type="application/ld+json">{told}</script></head><body><nav><ul>{menu}</ul></nav>'
        f"<div class='site-header'><p>{tongue.alert}</p></div>"
        + frames[frame].format(t=tongue.title, b=inner + after)
        + f"<div class='sidebar'><h3>{tongue.alert}</h3><p>{tongue.teaser}.</p></div>"
        f"<footer><p>{tongue.teaser}.</p><p>Example. {tongue.alert}</p></footer></body></html>"
    )
