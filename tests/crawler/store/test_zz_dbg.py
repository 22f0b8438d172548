from tests.crawler.intake.test_kinship import *
from crawler.store.kinship import sketch
async def test_x(store, clock):
    r=Newsroom(store,WordJudge({}),clock)
    await r.add(source(),source("nhk"))
    await r.visit("bbc", entry("a", title="Ministers open talks", text=WIRE, published=None))
    clock.advance(timedelta(days=13))
    await r.visit("nhk", entry("b", title="Bank keeps its rate", text=OTHER, published=None))
    for row in await rows(store, sketch): print(row.story_id, row.signature is not None, row.truncated)
    for row in await rows(store, story): print(row.id, row.source_id,row.group_id,row.version)
