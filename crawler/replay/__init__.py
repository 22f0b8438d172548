"""Rules over the stored past: what they would have told, to whom and how often, by the evaluator that judges live.

What others use, all of it synchronous (call it on a thread from a loop), all of it only reading the store::

    from crawler.replay.forecast import forecast, spoken

    said = forecast(config, now=clock.now(), since=timedelta(days=7), rules={"raa"}, seconds=1.0)
    said.rules["raa"].messages       # {"#minerals": 9}: messages, not stories: copies are folded, limits kept
    said.rules["raa"].found          # stories that the rule holds for
    said.covered                     # timedelta that was really looked at: less than asked when `seconds` ran out
    spoken(said, "raa", config.routing.budget)   # "would have sent 9 in 7 days to #minerals, budget 20/h"

    from crawler.replay.running import Request, replay

    for step in replay(config, Request(since=..., until=...), against=None):   # streams
        step.progress                # Progress(done=…, of=…, found=…) while it reads
        step.result                  # Result on the last step: decisions, messages, headlines, notes

``Result`` is in ``crawler.replay.nouns``, what is made of it in ``volume`` (per day and channel, top sources),
``difference`` (gained, lost, unchanged), ``condition`` (``--fail-on``) and ``page`` (the HTML report). Rules on trial
are forecast as if they were not.
"""
