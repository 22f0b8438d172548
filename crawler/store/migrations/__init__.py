"""The history of the schema, one script for each step."""
