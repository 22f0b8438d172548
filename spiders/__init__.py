"""How to read each kind of source."""
