"""The machine: when to visit which source, what to keep, and whom to tell."""

__version__ = "0.1.0"
