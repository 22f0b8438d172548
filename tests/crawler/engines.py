"""Marks of tests that are about one kind of database."""

from __future__ import annotations

import pytest

# What the file, its lock and its one daemon bring with them.
sqlite_only = pytest.mark.parametrize("database", ["sqlite", "sqlite-one-connection"], indirect=True)
postgresql_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
