"""Words before or after a full stop that tell whether it ends a sentence."""

from __future__ import annotations

import re


def _words(table: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", table))


# Written with a full stop, and in no language of the table a word that ends sentences; as they are spelled, since
# "Art" and "Co" are abbreviations where "art" and "co" are not. Titles are in points.py.
ABBREVIATIONS = _words(
    """
    Nos Inc Ltd Co Corp Bros vs etc cf ca approx Fig Vol pp eds Ave Blvd Univ Assn Intl al
    Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
    bzw usw Nr Mrd Mio Tsd Abs Abt Aufl Bd Hr Hrn Fr Frl Str Tel Jh Jhd ggf evtl inkl exkl zzgl vgl sog bspw dgl
    ders geb gest Dipl Ing Mag Ziff Kap allg Okt Dez Jän Bsp
    Mlle MM Mgr janv févr avr juil sept déc éd env Sté
    Sra Srta Dra Dña Gral Cnel Lic Cía Av Avda Avd Ud Uds EE UU núm pág págs aprox Sto Sta Exmo Exma
    Sres Dto Eng Exa Drs
    Sig Sigg Dott Avv Ing ecc pag Geom Cav
    bijv dhr mevr mw enz blz nl resp Drs Ir
    osv mio mia mrd dvs jf iflg pga feks mkr bl tsk esim ns ym jne
    ul al pl mln mld tys zł tzn tj itd itp św inż mgr gen płk prof hab godz
    č tzv např atd apod tř nám sv
    tl Sn Doç vb yy Cad Sok Gen Av
    dll dsb dkk Bpk Jl
    ул им \u0433\u0433 \u0440\u0443\u0431 млн млрд трлн тыс др пр проф
    акад ген полк кап стр просп пер пл обл корп ст рис табл напр см кв
    вул ім грн тис \u0440\u0440
    кк δισ εκατ \u03b1\u03c1 σελ κα
    """
)
# The same, before a number only: elsewhere they are words.
BEFORE_NUMBERS = _words(
    """
    No no nos Art art arts fig sec Sec vol ch cap Cap chap cl kl para par nr Pt pt p S s pos lit tel č čl п ст гл л д кв
    """
)
# After the number of a day, which German, Danish, Norwegian, Finnish, Czech and others write with a full stop.
MONTHS = _words(
    """
    Januar Jänner Februar Feber März April Mai Juni Juli August September Oktober November Dezember Jan Feb Apr Jun Jul
    Aug Sep Sept Okt Nov Dez Marts Maj December Desember Mars Januari Februari
    """
)
# Before an ordinal, in the language that writes its nouns with capitals: der 20. Parteitag.
BEFORE_ORDINALS = _words(
    """
    der die das dem den des am im vom zum zur beim bis seit ab ihr ihre ihren ihrem ihrer sein seine seinen seinem
    seiner jeder jede jedes jeden jedem dieser diese dieses diesem diesen und oder
    Der Die Das Dem Den Des Am Im Vom Zum Zur Beim Bis Seit Ab Ihr Ihre Sein Seine
    """
)
# Begin many sentences, and are no names: after "5 p.m." or "the U.S." they tell that the sentence has ended.
BEGINNINGS = _words(
    """
    The This That These Those They It Its A An In But And However Meanwhile There When While After Although If We
    His Her Their Since Under As For Some Many
    Der Die Das Es Sie Wir Ein Eine Doch Aber Auch Nach
    Il Elle Ils Elles Cette Ces Les Une Mais Selon
    El Los Las Una Pero Según Esta Este
    Os As Uma Mas
    Gli Una Questa Questo
    Het Een Zij
    Это Он Она Они \u041d\u043e По \u0412 \u041d\u0430
    """
)
