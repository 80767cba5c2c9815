"""SQL files spell the names of `core/columns.py` out; here they are held to them."""

from recpipe.core import columns, store


def test_the_database_has_the_declared_tables_and_columns() -> None:
    with store.connect(None) as opened:
        opened.run_sql("collect/tables")
        found = opened.query(
            "SELECT table_name, list(column_name ORDER BY column_index) "
            "FROM duckdb_columns() WHERE NOT internal GROUP BY ALL"
        ).rows()
    assert {table: tuple(names) for table, names in found} == columns.TABLES
