"""Print how the shipped rules do on the golden set: ``python -m tests.golden``."""

from __future__ import annotations

import sys
from pathlib import Path

from crawler.config import load
from tests.golden.items import load_golden
from tests.golden.score import judge_all, table

config = load(Path(sys.argv[1] if len(sys.argv) > 1 else "config.yaml"), {})
sys.stdout.write(table(judge_all(config.rules, load_golden())) + "\n")
