"""Slack: what a card looks like there, and how it gets there once."""
