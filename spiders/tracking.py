"""Which parameters of an address tell who sent the reader, or how the page is dressed, and not what is read."""

from __future__ import annotations

import re

# Only names whose meaning is known are listed: a name left out costs a second message about one story, a name too
# many makes two stories one. `id`, `sid`, `cid`, `p`, `page`, `post` and `lang` therefore never stand here.
_NAMES = """
    _ga _gl _openstat campaign_medium campaign_source dclid fb_action_ids fb_action_types fb_ref fb_source fbclid
    ga_campaign ga_content ga_medium ga_place ga_source ga_term gad_campaignid gad_source gbraid gclid gclsrc
    igsh igshid li_fat_id msclkid srsltid ttclid twclid wbraid yclid ymclid ysclid
    __s __twitter_impression __tn__ __hstc __hssc __hsfp _hsenc _hsmi hsctatracking ck_subscriber_id dm_i
    ef_id elq elqaid elqat elqcampaignid elqtrack elqtrackid epik mc_cid mc_eid mkt_tok mkwid
    oly_anon_id oly_enc_id pcrid rb_clickid s_cid s_kwcid sfmc_id sfmc_sub vero_conv vero_id vgo_ee wickedid
    bxid cmp cmpid cndid echobox emc ftag ftcamp guccounter guce_referrer guce_referrer_sig hootpostid icid
    int_campaign int_cid int_cmp int_medium int_source intcid intcmp isappinstalled ito maca mbid ncid ocid postshare
    ref_src ref_url reflink replytocom smid smtyp soc_src soc_trk spm sr_share sref srnd traffic_source tsrc
    twsrc wprov wt_mc wt_zmc xg_source xtor xtref
    amp_gsa amp_js_v usqp
    aspsessionid cfid cftoken jsessionid phpsessid
"""
NAMES = frozenset(_NAMES.split())
PREFIXES = ("utm_", "at_", "ns_", "pk_", "mtm_", "matomo_", "piwik_", "hsa_", "__cft__", "aspsessionid", ".tsrc")

# These say who sent the reader at one outlet, and name the document at another: the value decides.
REFERRERS = frozenset({"ref", "src", "source", "from", "via", "mod", "partner", "referrer", "referer", "share"})
_CHANNELS = (
    "rss feed feeds feedburner atom newsletter newsletters email mail social share sharing sharebutton twitter tw "
    "facebook fb linkedin whatsapp telegram instagram reddit pinterest flipboard pocket google googlenews bing yahoo "
    "hp home homepage nav menu footer header sidebar recirc recommended related trending mostread push app "
    "timeline groupmessage singlemessage wechat weibo"
)
CHANNELS = frozenset(_CHANNELS.split())
# These ask for another dress of the page, if they are on; with a number they may name it.
DRESSES = frozenset({"amp", "print", "printable", "printmode", "printview", "outputtype"})
ON = frozenset({"", "1", "true", "yes", "on", "y", "amp", "print"})
_WORD = re.compile(r"[a-z]+")
_LONG_NUMBER = re.compile(r"\d{3}")


def is_tracking(name: str, value: str) -> bool:
    """Tell whether a parameter (both parts percent-decoded where that needs no thought) changes nothing of the story.

    Names are compared without case. Of ``ref`` and its kin only a known channel counts: ``ref=rss``, not ``ref=4711``.
    """
    name = name.lower()
    if name in NAMES or name.startswith(PREFIXES):
        return True
    if name in DRESSES:
        return value.lower() in ON
    if name in REFERRERS:
        word = _WORD.match(value.lower())
        known = word is not None and word[0] in CHANNELS
        return known and (value.lower().startswith("rss") or not _LONG_NUMBER.search(value))
    return False
