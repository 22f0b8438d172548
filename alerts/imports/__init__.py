"""Saved queries of other systems, translated to rules."""

DIALECTS = ("meltwater", "factiva", "lexis", "google-alerts", "miniflux")  # as ``translate`` knows them
