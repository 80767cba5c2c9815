"""A shop's database of three sales, and how it is asked for them."""

import sqlite3

import pytest

from recpipe.collect import CollectParams

QUERY = "SELECT who AS user_id, what AS item_id, at AS timestamp, paid AS value FROM sales WHERE at >= :since AND at < :until"


@pytest.fixture
def shop(tmp_path):
    """An SQLite database of three sales; `shop(sql, …)` runs statements in it."""
    path = tmp_path / "shop.db"

    def run(*statements):
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    run(
        "CREATE TABLE sales (who, what, at, paid)",
        "INSERT INTO sales VALUES ('anna', 'tea', '2024-03-01 10:00:00', 2.5), ('anna', 'jam', '2024-03-02 10:00:00', NULL)",
        "INSERT INTO sales VALUES ('ben', 'tea', '2024-03-20 10:00:00', 3)",
        "CREATE TABLE goods (item_id, title, price, shelf)",
        "INSERT INTO goods VALUES ('tea', 'Tea', 2.5, 'hot|drinks'), ('jam', 'Jam', 4, NULL)",
    )
    run.path = path
    return run


@pytest.fixture
def params(shop):
    return CollectParams(source="sql", database=f"sqlite:///{shop.path}", events_query=QUERY)
