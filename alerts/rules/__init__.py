"""The rule language: text in, matches out."""
