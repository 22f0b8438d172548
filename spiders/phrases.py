"""What publishers write over, beside and between articles, in the languages of the press: parts of patterns."""

from __future__ import annotations

# Over a list of other articles: a line that says only this is none of the article's, nor are headlines below it.
HEADS = """
(?:popular|trending) (?:in|on|this|right now|today)\\b.{0,24}|latest (?:from|in|on) .{1,24}
more .{1,24} (?:news|stories|headlines)
(?:the )?top (?:\\d+|three|five|ten)(?: (?:stories|reads|articles|news|today|this week))?
(?:today|this week)['\u2019]?s? (?:most read|top stories)
(?:what )?(?:other|others|readers|people)(?: readers)? (?:are reading|also (?:read|liked|viewed|like|ask))(?: now)?
also (?:in|on) .{1,24}
you (?:might|may) have missed|in other news|(?:our|reader) (?:picks?|favou?rites)|hot topics?
(?:selected|picked|more) for you
(?:andere|leser|leserinnen und leser|nutzer) (?:lesen|lasen|interessier\\w+)(?: sich)?(?: auch).{0,16}
auch lesenswert|lesenswert|schlagzeilen
das wird gerade gelesen|jetzt gelesen|weitere themen|mehr (?:nachrichten|artikel|meldungen|news)(?: .{1,24})?
empfohlen(?: für sie)?
aus der redaktion|neueste|nachrichten des tages|themen des tages
à ne pas (?:manquer|rater)|lire la suite|plus d['\u2019](?:articles|infos|actualités)
nos lecteurs (?:lisent|ont) aussi.{0,12}|populaires|en ce moment
(?:le )?top (?:des )?articles|nos articles|les (?:derniers|dernières) (?:articles|infos|actualités|nouvelles)
los más (?:leídos|vistos|comentados)(?: .{1,24})?|lo último|sigue leyendo|notas (?:populares|recomendadas)
otros (?:artículos|contenidos)
(?:сейчас )?чита(?:ют|емое)(?: сейчас)?|выбор редакции|самое важное|топ[- ]?(?:\\d+|новост\\w+)
что (?:ещё|еще) почитать|другие материалы
(?:ещё|еще|больше) (?:новостей|материалов|статей)|главное(?: за день)?|картина дня
اخترنا لك(?:م)?|مقالات مختارة|الأكثر (?:رواجا|رواجًا|انتشارا|تفاعلا)(?: .{1,20})?|شائع الآن|الأكثر قراءة .{1,20}
قد يهمك أيض[اًا]*|مختارات
今(?:読まれている|注目の|話題の)(?:記事|ニュース)?|急上昇(?:ワード)?|編集部(?:の)?おすすめ(?:記事)?|他の記事
(?:その他|ほか)の(?:記事|ニュース)
今日(?:热点|熱點|推荐|推薦|头条|頭條)|(?:精选|精選|热文|熱文)(?:推荐|推薦)?|最(?:热|熱)(?:新闻|新聞|文章)?
(?:点击|點擊|閱讀|阅读)(?:最多|排行榜?)|为您推荐|為您推薦|相关(?:专题|話題|话题)
실시간 ?(?:인기|주요|많이 본)(?: ?(?:기사|뉴스))?|가장 많이 (?:본|읽은)(?: ?(?:기사|뉴스))?
오늘의 (?:주요|인기)? ?(?:뉴스|기사)|(?:많이|함께) (?:읽은|읽을|읽는)(?: ?(?:기사|뉴스))?
(?:most|top) (?:read|popular|viewed|shared|commented|clicked|watched)(?: (?:stories|articles|news|posts))?
more about(?: this)?|most (?:read|popular|viewed) (?:in|on|this|right now|today)\\b.{0,24}|(?:the )?most[- ]read
more (?:on|about) this(?: story| topic| subject| theme)?
more (?:on|about|from|in)(?: (?:this|our|the))? [\\w' ]{1,24}
more (?:like this|stories|news|articles|headlines|coverage|top stories|to read|to explore)
related(?: articles?| stor(?:y|ies)| content| topics?| links?| news| coverage| reading| posts?| headlines)?
recommended(?: for you| reading| stories| articles| by .{1,24})?
suggested (?:for you|reading|stories)
you (?:may|might|could)(?: also)? (?:like|enjoy|be interested in|have missed)|also interesting|also of interest
in case you missed it|editors?['\u2019]?s?['\u2019]? (?:picks?|choice)|don['\u2019]t miss|must reads?
trending(?: now| stories| news| topics)?|popular(?: now| stories| posts| articles| news| this week)?
top stories|latest(?: news| stories| headlines| articles| posts)?
(?:other|further) (?:news|stories|articles|reading)
up next|(?:what to )?read next|keep reading|read (?:also|more)|also read|see also|explore (?:further|more)
from our partners|around the web|from the web|sponsored (?:content|stories|links)|paid content
promoted (?:stories|content)
elsewhere on .{1,24}|featured (?:stories|articles|posts)
auch interessant|lesen sie auch|lesen sie mehr|mehr zum thema(?: .{1,24})?|zum thema|mehr dazu|lesetipps?
mehr aus .{1,24}
(?:weitere|ähnliche|verwandte|passende|empfohlene|andere) (?:artikel|beiträge|meldungen|nachrichten|themen|links)
das könnte (?:sie|dich|ihnen) (?:auch |ebenfalls )?(?:interessieren|gefallen)
(?:am )?meist ?gelesen(?:e)?(?: .{1,24})?|die meistgelesenen(?: .{1,24})?|beliebt(?:e artikel)?
top[- ]?(?:artikel|themen)
(?:aktuelle|neueste) (?:nachrichten|meldungen|artikel|beiträge)|aus dem archiv|redaktionstipps?|nicht verpassen
(?:à )?lire aussi|à lire(?: (?:également|ensuite|sur le même sujet))?|à découvrir|voir aussi
sur le même (?:sujet|thème)
(?:les )?(?:articles? )?(?:les )?plus (?:lus?|populaires|partagés|commentés|consultés)(?: .{1,24})?
nos recommandations
(?:articles?|contenus?|sujets?) (?:liés?|similaires|connexes|associés|recommandés)|dans la même rubrique
aussi à lire
ça pourrait vous intéresser|(?:cela|ceci|vous) (?:pourrait|devrait|pourriez) (?:aussi )?.{0,24}(?:intéresser|aimer)
(?:dernières|autres) (?:nouvelles|actualités|infos|articles)|à la une|tendances
recommandé pour vous
le[ae] (?:también|más)|te puede interesar
(?:te|le|les) (?:puede|podría|pueden) (?:también )?interesar(?:te|le)?
lo más (?:leído|visto|popular|compartido|comentado)(?: .{1,24})?
(?:las )?más (?:leídas|vistas|populares|leídos|leído)
(?:noticias?|artículos?|contenidos?|temas?|notas?) (?:relacionad[oa]s?|similares|recomendad[oa]s?)|relacionad[oa]s?
(?:te )?recomendamos|recomendad[oa]s?(?: para (?:ti|usted))?|más sobre (?:este tema|.{1,24})|ver también|además
(?:últimas|otras|más) noticias|no te (?:lo )?pierdas|también (?:te puede interesar|en .{1,24})|tendencias
destacad[oa]s
leia (?:também|mais)|veja (?:também|mais)|(?:as )?mais (?:lidas|lidos|vistas|populares)(?: .{1,24})?|saiba mais
(?:notícias|matérias|artigos|conteúdos?) relacionad[oa]s|relacionad[oa]s|últimas notícias|recomendad[oa]s para você
leggi anche|i più letti|(?:gli )?articoli (?:più letti|correlati|simili)|(?:le )?(?:notizie )?più lette(?: .{1,24})?
potrebbe interessarti(?: anche)?|(?:ti )?potrebbe(?:ro)? (?:anche )?interessar(?:e|ti|vi)|ultime notizie
da non perdere
lees ook|lees meer|meest gelezen|gerelateerde? (?:artikelen|berichten|nieuws)|ook interessant|meer nieuws
laatste nieuws
les også|les mer|relaterte saker|flere saker|läs (?:också|mer|även)|relaterat|mest läst(?:a)?|läs vidare
senaste nytt
læs (?:også|mere)|mest (?:lest(?:e)?|læst(?:e)?)|relaterede artikler|lue myös|luetuimmat|katso myös
czytaj (?:też|także|również|więcej)|zobacz (?:też|także|również)|najczęściej czytane|najpopularniejsze|polecane
powiązane
podobne artykuły|czytaj dalej|przeczytaj (?:też|także|również)|polecamy
čtěte (?:také|dále|více)|přečtěte si také|nejčtenější|související(?: články)?|mohlo by vás zajímat|doporučujeme
čítajte (?:aj|tiež)|prečítajte si aj|najčítanejšie|olvass(?:a el|on) (?:ezt|még).{0,12}|kapcsolódó cikkek
legolvasottabb
citește și|citiți și|vezi și|cele mai citite|articole similare|διαβάστε (?:επίσης|ακόμα)|δημοφιλή|σχετικά άρθρα
(?:ч|про)?читайте (?:также|ещё|еще|далее)|читать (?:также|далее|ещё|еще)|смотрите также|(?:ещё|еще|больше) по теме
материалы по теме|(?:другие )?(?:новости|статьи|материалы) (?:по теме|партн[её]ров|рубрики)|по теме
похожие (?:новости|статьи)
самое (?:читаемое|популярное|обсуждаемое)|самые (?:читаемые|популярные|обсуждаемые)
(?:популярное|популярные)(?: .{1,20})?
главное|главные новости
рекомендуем(?: (?:почитать|прочитать))?|вам (?:может быть|будет) интересно|(?:последние|другие|свежие) новости
лента новостей
читайте також|за темою|найпопулярніше|новини за темою|прочетете още|най-четени|свързани статии|още по темата
ilgili (?:haber(?:ler)?|içerik(?:ler)?)|(?:en )?çok okunan(?:lar)?(?: haberler)?|ayr\u0131ca okuyun
bunlar da ilginizi çekebilir
son dakika haberleri|öne ç\u0131kanlar|önerilen(?:ler| haberler)
[اإ]قر[أا](?:وا)? (?:أيض[اًا]*|المزيد|كذلك)|(?:مواضيع|موضوعات|أخبار|مقالات|مواد|قصص) (?:ذات صلة|متعلقة|مشابهة|أخرى)
ذات صلة|(?:الأخبار |المقالات |المواضيع )?(?:الأكثر|الاكثر) (?:قراءة|مشاهدة|شعبية|تداولا|تعليقا)
قد (?:يعجبك|يهمك)(?: أيض[اًا]*)?
شاهد أيض[اًا]*|آخر الأخبار|أحدث الأخبار|المزيد (?:من|عن|حول) .{1,24}|مقترحات|نرشح لك|أهم الأخبار|موصى به
بیشتر بخوانید|مطالب (?:مرتبط|پیشنهادی)|پربازدیدترین(?:\u200c\u0647\u0627)?|پربیننده.{0,10}|אולי יעניין אותך
קראו (?:גם|עוד)|כתבות (?:נוספות|קשורות)|הנקראות ביותר|(?:यह|ये) भी पढ़ें|संबंधित (?:खबरें|ख़बरें)
(?:सबसे ज़्यादा|सर्वाधिक) पढ़ी.{0,12}|আরও পড়ুন|সর্বাধিক পঠিত
(?:相关|相關)(?:阅读|閱讀|新闻|新聞|文章|报道|報導|链接|連結|推荐|推薦|内容|內容)|延伸(?:阅读|閱讀)
(?:推荐|推薦)(?:阅读|閱讀|文章|新聞|新闻)?
(?:热门|熱門|热点|熱點)(?:新闻|新聞|文章|推荐|推薦|排行|话题|話題|阅读|閱讀)?
(?:阅读|閱讀|点击|點擊|新闻|新聞)(?:排行|榜)(?:榜)?|最多人看
(?:更多|最新|其他|其它)(?:新闻|新聞|报道|報導|消息|文章|内容|內容)|(?:猜你|你可能)(?:也)?(?:喜欢|喜歡|感兴趣|感興趣)
大家都在看|编辑推荐
関連(?:記事|ニュース|リンク|キーワード|トピック|トピックス|コンテンツ|情報)
(?:あわせて|合わせて|次に)読みたい(?:記事)?|こちらも(?:おすすめ|読まれています)
(?:おすすめ|注目|最新|新着|ピックアップ|その他の|この)(?:の)?(?:記事|ニュース|情報|コンテンツ)
人気(?:の)?(?:記事|ニュース|ランキング)|よく読まれている(?:記事|ニュース)
(?:アクセス|記事|ニュース|閲覧)ランキング|もっと読む|続きを読む|あなたにおすすめ(?:の記事)?|主要ニュース
(?:관련|추천|인기|주요|최신|많이 본|다른|실시간)\\s?(?:기사|뉴스|글|콘텐츠|소식)
함께 (?:보면|볼)(?: 만한)?(?: 좋은)? (?:기사|뉴스)|(?:가장 )?많이 본(?: 뉴스)?
이 시각 (?:주요|많이 본) ?뉴스|더 (?:보기|읽기)|당신을 위한 추천.{0,6}|이런 기사는 어때요|랭킹 뉴스
อ่านเพิ่มเติม|อ่านต่อ|อ่านข่าวเพิ่มเติม|ข่าว(?:ที่เกี่ยวข้อง|ยอดนิยม|ล่าสุด|แนะนำ|อื่นๆ?)|เรื่องที่เกี่ยวข้อง|บทความที่เกี่ยวข้อง
đọc thêm|xem thêm|(?:tin|bài viết) liên quan|(?:tin )?đọc nhiều(?: nhất)?|tin mới(?: nhất)?|có thể bạn quan tâm
baca juga|baca selengkapnya|berita (?:terkait|terpopuler|terbaru|lainnya)|terpopuler|artikel terkait|simak juga
"""
# Over what readers wrote.
COMMENTS = """
(?:\\d+ )?(?:readers?['\u2019]? |user )?comments?
(?:\\d+ )?(?:replies|responses)
reader (?:comments|reactions)
(?:\\d+ )?(?:leser)?kommentare?|leserstimmen|leserbriefe
(?:\\d+ )?commentaires?|vos réactions|réactions des lecteurs
(?:\\d+ )?comentarios?|comentários?
(?:\\d+ )?commenti|(?:\\d+ )?reacties|(?:\\d+ )?kommentarer|(?:\\d+ )?kommentit
(?:\\d+ )?komentarz(?:e|y)|komentáře
(?:\\d+ )?комментари(?:и|ев|й)(?: читателей)?|(?:\\d+ )?коментар[іи]|yorum(?:lar)?
(?:ال)?تعليقات(?: القراء)?|آراء القراء|نظرات|תגובות|टिप्पणियां
(?:网友|網友|读者|讀者)?(?:评论|評論|留言)(?:区|區)?|(?:読者の|みんなの)?コメント(?:欄|一覧)?
(?:독자 ?)?(?:댓글|의견)(?: ?쓰기)?|ความคิดเห็น|bình luận|ý kiến bạn đọc|komentar
"""
# The same as a request, over what readers wrote or on a button.
ASKS = """
join the (?:conversation|discussion)|leave a (?:comment|reply)|what do you think\\??|have your say
view(?: all)? comments|post a comment|kommentar (?:schreiben|verfassen)|diskutieren sie mit
ihre meinung|réagissez|laisser un commentaire|deja (?:un|tu) comentario|únete a la conversación
deixe (?:um|seu) comentário|lascia un commento|(?:أضف|اترك) (?:تعليق|تعليقا|تعليقك)|发表评论|發表評論
コメントを(?:書く|する)
แสดงความคิดเห็น
"""
# On buttons, in advertisements and in the chrome of a page: such a line goes alone.
LABELS = """
advertisement|advertising|sponsored|story continues below(?: advertisement)?|article continues below|ad
share(?: this(?: article| story| post| page)?| on .{1,20}| via .{1,20})?|copy(?: the)? link|article content|embed
print(?: this)?|save
tweet|facebook|twitter|whatsapp|linkedin|telegram|e-?mail|pinterest|reddit|bluesky
sign (?:up|in)|log ?in|subscribe(?: now| today)?|newsletters?|follow(?: us)?|back to top|listen to this article
gift this article
read the full (?:story|article)|click here|view (?:gallery|photos)|skip to (?:main )?content|close
anzeige|werbung|artikel teilen|teilen|drucken|merken|empfohlener redaktioneller inhalt|jetzt abonnieren|nach oben
zur startseite
publicité|partager(?: (?:cet article|sur .{1,20}))?|imprimer|s['\u2019]abonner|je m['\u2019]abonne|retour en haut
publicidad|compartir(?: (?:en|esta|este) .{1,20})?|imprimir|suscríbete|suscribirse|síguenos|volver arriba
publicidade|continua (?:após|depois) da publicidade|compartilhe|compartilhar|pubblicità|condividi|stampa|abbonati
advertentie|annonse|annons|annonce|mainos|delen|deel|del|dela|reklama|udostępnij|sdílet|hirdetés|publicitate
реклама|поделиться|распечатать|подписаться|подпишитесь|reklam|paylaş
إعلان|إعلانات|شارك(?: (?:المقال|الخبر|هذا المقال|على .{1,20}))?|مشاركة|طباعة|اشترك(?: الآن)?|تابعنا|פרסומת
شارك برأيك|विज्ञापन
广告|廣告|分享(?:到.{0,8})?|打印|订阅|訂閱|关注我们|關注我們|返回顶部|返回頂部|更多
広告|シェア(?:する)?|ツイート|印刷|保存|ポスト|フォロー(?:する)?|会員登録|ログイン|トップに戻る|スポンサーリンク|PR
광고|공유(?:하기)?|기사 ?공유|인쇄(?:하기)?|구독(?:하기)?|스크랩|글자 ?크기(?: ?변경)?|โฆษณา|แชร์|แท็ก|quảng cáo
chia sẻ|iklan|bagikan
"""
# Before the headline of another article on the same line, with a colon or the like in between.
LEADS = """
key ?words|topics?|subjects?|schlagworte|mots[- ]clefs|thèmes|palabras clave|ключевые слова|темы|キーワード|关键词
關鍵詞|关键字|키워드|태그|الكلمات (?:المفتاحية|الدالة)|وسوم
read (?:more|also|next|on)|also read|see also|see more|more on this(?: story| topic)?|also interesting
also of interest
related(?: articles?| stor(?:y|ies)| reading| news)?|don['\u2019]t miss|you (?:may|might) also (?:like|enjoy)
must read|further reading
in case you missed it|(?:click )?to read more
tags|topics|filed under|lesen sie (?:auch|mehr|hier|dazu)(?: auch| dazu)?|auch interessant|mehr zum thema|mehr dazu
lesen sie dazu auch
schlagw[oö]rter|themen|lesetipp|passend dazu|zum weiterlesen|das könnte sie auch interessieren
(?:à )?lire (?:aussi|également)|à lire|voir aussi|aussi à lire|sur le même sujet|mots[- ]clés|pour aller plus loin
notre dossier
le[ae] (?:también|además|más)|te puede interesar|(?:te|le) recomendamos|ver también|más información|etiquetas|temas
leia (?:também|mais)|veja (?:também|mais)|leggi anche|potrebbe interessarti(?: anche)?|lees ook|les også
läs (?:också|mer|även)|læs (?:også|mere)|lue myös|czytaj (?:też|także|również)|zobacz (?:też|także|również)
przeczytaj także
čtěte také|čítajte aj|citește și|olvassa el ezt is|διαβάστε (?:επίσης|ακόμα)
(?:про)?читайте (?:также|ещё|еще)|смотрите также|(?:ещё|еще) по теме|по теме|материал по теме
рекомендуем(?: прочитать)?
теги|читайте також|прочетете още|ilgili haber|ayr\u0131ca okuyun|etiketler
[اإ]قر[أا](?:وا)? (?:أيض[اًا]*|المزيد|كذلك)|شاهد أيض[اًا]*|ذات صلة|موضوع ذو صلة|قد يهمك(?: أيض[اًا]*)?|طالع أيض[اًا]*
بیشتر بخوانید|קראו (?:גם|עוד)|(?:यह|ये) भी पढ़ें
(?:相关|相關)(?:阅读|閱讀|新闻|新聞|报道|報導|文章)|延伸(?:阅读|閱讀)|(?:推荐|推薦)(?:阅读|閱讀)
更多(?:阅读|閱讀|新闻|新聞)|标签|標籤|另请参阅|另見
関連(?:記事|ニュース|リンク)|(?:あわせて|合わせて)読みたい|こちらも(?:おすすめ|読まれています)|おすすめ記事
続きを読む|タグ
관련\\s?(?:기사|뉴스)|함께 보면 좋은 기사|이 기사도 (?:보세요|읽어보세요)|추천\\s?기사|더 읽기
อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง|แท็ก|đọc thêm|xem thêm|baca juga|simak juga
"""
# Those of them that no sentence begins with: no colon is needed.
SURE_LEADS = """
read also|also read|see also|lesen sie (?:auch|dazu)|(?:à )?lire aussi|à lire également|voir aussi|le[ae] también
ver también
leia também|veja também|leggi anche|lees ook|les også|läs också|læs også|lue myös|czytaj (?:też|także)
zobacz (?:też|także)
(?:про)?читайте также|смотрите также|читайте також|[اإ]قر[أا] أيض[اًا]*|شاهد أيض[اًا]*|طالع أيض[اًا]*
(?:相关|相關)(?:阅读|閱讀)|延伸(?:阅读|閱讀)|関連記事|(?:あわせて|合わせて)読みたい|관련\\s?기사|baca juga|đọc thêm
xem thêm
"""
# How invitations to subscribe, to follow or to share begin, and what they invite to, each in its language. Words that
# are past tenses as well ("shared", "followed") stand with what makes them invitations only.
INVITATIONS = (
    (
        r"(?:please )?(?:sign up|subscribe|follow (?:us|our)|join (?:us|our)|get (?:the|our|all)|download|like us)",
        (
            r"newsletters?|inbox|our app|alerts|briefing|facebook|twitter|instagram|whatsapp|telegram|linkedin|youtube"
            r"|bluesky|our channel"
        ),
    ),
    (r"(?:please )?share (?:this|it)", r"friends|article|story|post|page|facebook|twitter|instagram|whatsapp|telegram"),
    (
        (
            r"(?:jetzt )?(?:abonnieren sie|melden sie sich|folgen sie uns|erhalten sie|bestellen sie"
            r"|registrieren sie sich"
            r"|teilen sie|laden sie|hier (?:anmelden|abonnieren))"
        ),
        (
            r"newsletter\w*|kanal|app|facebook|twitter|instagram|whatsapp\w*|telegram\w*|briefing"
            r"|diesen (?:artikel|beitrag)"
        ),
    ),
    (
        r"(?:jetzt |hier )?(?:unseren? |den |kostenlosen? |gratis )*[\w-]*newsletter[\w-]*",
        r"abonnieren|bestellen|anmelden|sichern",
    ),
    (
        r"(?:inscrivez-vous|abonnez-vous|recevez|suivez-nous|partagez|téléchargez|rejoignez)",
        (
            r"newsletters?|lettres? d['\u2019]information|infolettres?|boîte mail|application|facebook|twitter"
            r"|instagram"
            r"|whatsapp|telegram|cet article|chaîne"
        ),
    ),
    (
        (
            r"(?:suscr[ií]b(?:ete|ase)|reg[ií]str(?:ate|ese)|s[ií]gu(?:e|a)nos|descarga|únete|apúntate"
            r"|recib[ae] (?:nuestr|gratis|en (?:tu|su)|cada|las)|compart[ae] est[ea])"
        ),
        (
            r"newsletters?|bolet(?:ín|ines)|correo|aplicación|app|canal|facebook|twitter|instagram|whatsapp|telegram"
            r"|artículo|noticias?|nota"
        ),
    ),
    (
        (
            r"(?:inscreva-se|assine|siga-nos|receba|compartilhe|iscriviti|seguici|ricevi|condividi|schrijf je in"
            r"|volg ons"
            r"|zapisz się|subskrybuj)"
        ),
        r"newsletters?|boletim|facebook|instagram|whatsapp|telegram|nieuwsbrief|canale|canal|kanał|questo articolo",
    ),
    (
        r"(?:подпи(?:шитесь|сывайтесь)|следите за нами|присоединяйтесь|получайте|поделитесь|скачайте|читайте нас)",
        (
            r"рассылк\w+|канал\w*|телеграм\w*|telegram|вконтакте|дзен\w*|whatsapp|приложени\w+|facebook|друзьями"
            r"|соцсет\w+|почт\w+"
        ),
    ),
    (
        (
            r"(?:اشترك(?:وا)? (?:في|الآن)|سجل(?:وا)? (?:الآن|بريدك)|تابعنا|تابعونا|انضم(?:وا)? (?:إلينا|الآن"
            r"|إلى قناتنا)"
            r"|احصل على|شارك(?:وا)? (?:هذا|المقال|الخبر)|حمل(?:وا)? (?:تطبيق|الآن))"
        ),
        (
            r"نشرت(?:نا|ك)|النشرة|الإخبارية|البريدية|بريدك|قناتنا|قناة|تطبيق\w*|فيسبوك|تويتر|واتساب|تلغرام|تيليغرام"
            r"|إنستغرام"
            r"|أصدقائك|المقال|الخبر"
        ),
    ),
)
# The same where the object comes first or no space parts the words; these are whole lines.
INVITATIONS_EAST = (
    (
        r"(?:订阅|訂閱|关注|關注|扫码|掃碼|扫描|下载|下載|加入|点击|點擊|欢迎|歡迎|分享).{0,40}"
        r"(?:新闻通讯|電子報|电子报|简报|簡報|公众号|微信|微博|客户端|頻道|频道|二维码|APP|LINE|Telegram|朋友圈|好友"
        r"|邮箱|郵箱).{0,12}"
    ),
    (
        r".{0,40}(?:ニュースレター|メールマガジン|メルマガ|公式LINE|公式アカウント|アプリ|チャンネル).{0,16}"
        r"(?:登録|購読|フォロー|ダウンロード|追加)(?:は|を|して)?(?:こちら(?:から)?|ください|お願いします|しよう)?"
    ),
    (
        r".{0,40}(?:뉴스레터|카카오톡|텔레그램|유튜브|채널|앱|네이버).{0,16}"
        r"(?:구독|신청|추가|다운로드|팔로우|공유)(?:하세요|해 ?주세요|해 ?보세요|하기|하러 가기|바랍니다)?"
    ),
    r"この(?:記事|ニュース|ページ)を(?:シェア|共有)(?:する)?(?:[\uff1a:\uff01!].{0,60})?",
    r"分享(?:本文|此文|(?:这|這)篇文章).{0,40}|이 기사(?:를)? ?공유(?:하기)?(?:[\uff1a:].{0,60})?",
)
# What a notice about cookies speaks of, and what its button says.
COOKIES = (
    r"\bcookies?\b|クッキー|\bkuki|쿠키|куки|файлы cookie|ملفات (?:تعريف الارتباط|الكوكيز)|الكوكيز"
    r"|tracking[- ]?technolog|隐私政策|隱私權?政策|\bdatenschutz|privacy (?:policy|settings)|\bGDPR\b|\bRGPD\b"
    r"|\bDSGVO\b"
)
# How sentences of such notices begin.
COOKIE_SENTENCES = (
    (
        r"(?:we|our (?:site|website|partners)|this (?:web)?site|by (?:continuing|using|clicking|browsing)).{0,100}"
        r"(?:cookies|privacy policy)"
    ),
    (
        r"(?:wir|(?:unsere|diese) (?:web)?(?:seite|site)|mit der (?:weiteren )?nutzung).{0,100}"
        r"(?:cookies|datenschutzerklärung)"
    ),
    r"cookies erleichtern",
    r"(?:nous|ce site|notre site|en (?:poursuivant|continuant)).{0,100}(?:cookies|traceurs)",
    (
        r"(?:usamos|utilizamos|este (?:sitio|portal)|nuestr[oa] (?:sitio|web)|al (?:continuar|navegar)|nós"
        r"|este site|usiamo"
        r"|utilizziamo|questo sito|wij|deze (?:web)?site).{0,100}cookies"
    ),
    r"(?:мы|(?:наш|этот) сайт|сайт|продолжая|оставаясь).{0,100}(?:cookie|куки)",
    r"(?:当|本|この)(?:サイト|ウェブサイト).{0,100}(?:クッキー|cookie)",
    r"(?:我们|我們|本(?:网站|網站|站)|继续浏览|繼續瀏覽).{0,60}cookies?",
    r"(?:저희|당사|본|이) ?(?:웹)?(?:사이트|홈페이지)?.{0,60}(?:쿠키|cookie)",
    r"(?:نستخدم|يستخدم|باستمرارك).{0,100}(?:ملفات تعريف الارتباط|الكوكيز|كوكيز|cookies)",
)
CONSENTS = """
(?:i )?(?:accept|agree|consent)(?: (?:all|to all|and (?:continue|close)|cookies|all cookies))?|ok(?:ay)?|got it
allow(?: all)?
(?:reject|decline|refuse)(?: all)?|(?:manage|cookie|privacy) (?:settings|preferences|options|choices)|i understand
continue
(?:alle(?:s)? )?(?:akzeptieren|zustimmen|erlauben|annehmen)(?: und (?:weiter|schließen))?|einverstanden|ablehnen
einstellungen|verstanden
(?:tout )?(?:accepter|refuser|autoriser)(?: (?:tout|et (?:fermer|continuer)))?|j['\u2019]accepte|d['\u2019]accord
paramétrer|compris
(?:aceptar|rechazar|permitir)(?: (?:tod[ao]s?|y (?:cerrar|continuar)|(?:las )?cookies))?|acepto|de acuerdo|entendido
configurar
(?:aceitar|rejeitar)(?: tod[ao]s)?|accett[ao](?: tutt[io])?|rifiuta|akkoord|accepteren|godta|godkänn|akceptuję
zgadzam się|souhlasím
(?:принять|принимаю|соглас(?:ен|иться)|понятно|хорошо|отклонить)(?: (?:все|вс[её]))?|прийняти|kabul et|tamam
(?:أوافق|موافق|أقبل|قبول|موافقة|رفض)(?: (?:الكل|الجميع|على الكل))?|حسنا
(?:全部)?(?:同意|接受|拒绝|拒絕)(?:全部|所有)?(?:cookie)?|我(?:同意|知道了|接受)|知道了
(?:すべて)?(?:同意(?:する|します)?|許可(?:する)?|承諾(?:する)?|受け入れる|拒否(?:する)?|了解)
(?:모두 )?(?:동의(?:함|합니다)?|수락|허용|거부|확인)
"""
# Before a name or a moment in a line that says who wrote an article, who took its picture, or when.
BY = (
    r"by|von|par|por|di|van|door|av|af|autor(?:en|in)?|auteurs?|texte?|text|written by|reported by|reporting by"
    r"|story by"
    r"|words by|автор|текст|autore|yazan|بقلم|إعداد|文|文字|作者|记者|記者|撰文|筆者|執筆|기자|글"
)
CREDITS = (
    r"(?:file |stock )?(?:photo(?:graph)?s?|pictures?|images?|illustrations?|credits?|photo credits?)"
    r"(?: (?:by|credit|courtesy of))?|(?:archiv|symbol)?(?:fotos?|bilde?r?|grafik|bildquelle|bildnachweis|quelle)"
    r"|photos? (?:d['\u2019]archives?|d['\u2019]illustration)|crédits?(?: photos?)?|illustration|imagen(?:es)?"
    r"|fotografía|crédito"
    r"|фото|снимок|иллюстрация|изображение|صورة?|تصوير|الصورة|图片?(?:来源)?|圖片?(?:來源)?|图源|圖源|摄影|攝影"
    r"|写真|画像|撮影|提供"
    r"|사진(?:=|제공)?|그래픽"
)
TIMES = (
    r"(?:first |last )?(?:published|updated|posted|modified|created)(?: (?:on|at))?|publication date|stand"
    r"|veröffentlicht(?: am)?"
    r"|aktualisiert(?: am)?|erstellt(?: am)?|publié(?: le)?|mis à jour(?: le)?|modifié le|publicado(?: (?:el|en))?"
    r"|actualizado(?: el)?|atualizado em|pubblicato il|aggiornato il|опубликовано|обновлено|дата публикации|نشر(?: في)?"
    r"|تاريخ النشر|آخر تحديث|تم التحديث|发布(?:时间|于)?|發布(?:時間|於)?|更新(?:时间|時間)?|公開(?:日時)?"
    r"|更新日時?|配信|입력|수정|등록|게재"
)
