"""The tables of workers that share a store: who they are, and what each of them holds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from crawler.store.base import Instant, metadata

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),  # the id of a worker; NULL: it was given back
    Column("token", BigInteger, nullable=False),  # counts its holders: what an earlier one writes is refused
    Column("since", Instant),
    Column("until", Instant),
)

worker = Table(
    "worker",
    metadata,
    Column("id", Text, primary_key=True),  # ULID
    Column("place", Text, nullable=False),  # host and process, for people
    Column("roles", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("started", Instant, nullable=False),
    Column("beat", Instant, nullable=False),  # when it last said that it lives
    Column("ended", Instant),  # NULL: it did not say that it ends
    Column("visits", BigInteger, nullable=False),
    Column("stories", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
)
