"""What it takes to compile rules in a process that has done nothing before: ``python -m bench.compiling RULES``."""

from __future__ import annotations

import gc
import json
import re
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.rules.ruleset import compile_rules
from bench import corpus

if TYPE_CHECKING:
    from bench.corpus import Corpus, Scale

STORIES = 200  # to take terms from
RUNS = 3  # a busy neighbour only ever adds to the time of one
TURNS = 8  # of the yardstick
WORDS = re.compile(r"\w+")
STATM = Path("/proc/self/statm")  # on Linux only


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of compiling a rule set."""

    seconds: float  # of the process's own time
    megabytes: float  # that the process holds more than before
    peak: float  # that it held more at the worst moment, in MB
    yardstick: float | None = None  # stories searched for words in a second, just before or after; None: not read


def in_a_fresh_process(scale: Scale) -> Cost:
    """Measure the rules of a scale by themselves, in RUNS processes, and return the cost of the fastest."""
    command = [sys.executable, "-m", "bench.compiling", str(scale.rules)]
    costs = []
    for _ in range(RUNS):
        answer = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[1])  # noqa: S603  our own
        costs.append(Cost(**json.loads(answer.stdout)))
    return min(costs, key=attrgetter("seconds"))


def measure(written: Corpus, scale: Scale) -> Cost:
    """Compile the rules of a scale here and now."""
    entities, rules = corpus.specs(corpus.wishes(written, scale))
    yardstick = _yardstick(written)
    gc.collect()
    before, start = _memory(), time.process_time()
    ruleset, _ = compile_rules(entities, rules)
    seconds = time.process_time() - start
    megabytes = _memory() - before
    peak = max(peak_memory() - before, megabytes)  # of a few rules less is counted than what others gave back
    yardstick = max(yardstick, _yardstick(written))  # the better one counts against us
    assert len(ruleset.rules) == scale.rules  # noqa: S101  and so it is not thrown away before it is weighed
    return Cost(seconds=seconds, megabytes=megabytes, peak=peak, yardstick=yardstick)


def _yardstick(written: Corpus) -> float:
    """Return how many stories a second are searched for words, in the best of some turns."""
    fastest = 0.0
    for _ in range(TURNS):
        start = time.process_time()
        for story in written.stories:
            WORDS.findall(story.text)
        fastest = max(fastest, len(written.stories) / (time.process_time() - start))
    return fastest


def peak_memory() -> float:
    """Return the most memory that this process ever took, in MB; macOS counts in bytes, Linux in kilobytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _memory() -> float:
    """Return the memory that this process takes, in MB; where nobody tells, the most it ever took."""
    if not STATM.exists():
        return peak_memory()
    return int(STATM.read_text().split()[1]) * resource.getpagesize() / (1 << 20)


if __name__ == "__main__":
    (chosen,) = (scale for scale in corpus.SCALES if scale.rules == int(sys.argv[1]))
    print(json.dumps(asdict(measure(corpus.write(STORIES), chosen))))
