"""A small news web that the real daemon runs against, offline."""
