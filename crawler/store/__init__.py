"""What Tocsin remembers: one schema, one writer."""
