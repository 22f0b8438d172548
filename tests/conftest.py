"""Hypothesis for everybody: no deadlines on shared machines; ``HYPOTHESIS_PROFILE=thorough`` looks harder."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("quick", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
