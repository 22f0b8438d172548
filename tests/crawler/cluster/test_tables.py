from __future__ import annotations

import psycopg

from crawler.cluster.tables import make_tables

ALL = """
SELECT c.relname FROM pg_class c WHERE c.relname LIKE 'procrastinate\\_%' UNION
SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.proname LIKE 'procrastinate\\_%' UNION
SELECT t.typname FROM pg_type t WHERE t.typname LIKE 'procrastinate\\_%'
"""


def queue(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('crawl', 'tocsin.crawl')")


def queued(connection: psycopg.Connection) -> int:
    (number,) = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() or (0,)
    return int(number)


def test_tables_of_this_release_stay_with_what_is_in_them(shared_url: str) -> None:
    with psycopg.connect(shared_url) as connection:
        queue(connection)
        make_tables(connection)
        assert queued(connection) == 1


def test_tables_of_another_release_are_made_anew_whatever_they_were(shared_url: str) -> None:
    with psycopg.connect(shared_url) as connection:
        made = {name for (name,) in connection.execute(ALL)}
        queue(connection)
        connection.execute("ALTER TABLE procrastinate_jobs DROP COLUMN attempts CASCADE")
        connection.execute("CREATE TABLE procrastinate_of_old (job bigint REFERENCES procrastinate_jobs)")
        connection.execute("CREATE TYPE procrastinate_mood AS ENUM ('glad')")
        connection.execute(
            "CREATE FUNCTION procrastinate_cheer() RETURNS procrastinate_mood LANGUAGE sql AS "
            "$$ SELECT 'glad'::procrastinate_mood $$"
        )
        connection.execute("COMMENT ON TABLE procrastinate_jobs IS 'made by an earlier release'")
        make_tables(connection)
        assert {name for (name,) in connection.execute(ALL)} == made
        assert queued(connection) == 0
        queue(connection)
