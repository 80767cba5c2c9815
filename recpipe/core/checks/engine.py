"""Great Expectations on DuckDB.

Great Expectations knows no DuckDB; through the SQLAlchemy dialect duckdb-engine its metrics fail,
because it fetches rows after the connection is closed. `DuckDBEngine` keeps the rows while the
connection is open. `tests/core/test_checks.py` says when this is no longer needed.
"""

import logging
from pathlib import Path
from typing import Any, Literal

import great_expectations as gx
import sqlalchemy
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine

EngineClass = type[SqlAlchemyExecutionEngine]


class DuckDBEngine(SqlAlchemyExecutionEngine):
    """Runs a query and keeps its rows while the connection is open."""

    def execute_query(self, query: Any) -> Any:
        """Run `query`, return its frozen rows."""
        with self.engine.connect() as connection:
            return connection.execute(query).freeze()()

    def execute_query_in_transaction(self, query: Any) -> Any:
        """Run `query` and commit, return its frozen rows."""
        with self.engine.begin() as connection:
            return connection.execute(query).freeze()()


class DuckDBSource(SQLDatasource):
    """A database of DuckDB, read by `DuckDBEngine`."""

    type: Literal["recpipe_duckdb"] = "recpipe_duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> EngineClass:
        """Return the engine that reads it."""
        return DuckDBEngine


def validate(suite: dict[str, Any], query: str, database: Path | None) -> list[dict[str, Any]]:
    """Return Great Expectations' outcome of each expectation of `suite` on the rows of `query`."""
    _quiet()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = DuckDBSource(
        name="recpipe",
        connection_string=f"duckdb:///{database or ':memory:'}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": database is not None}, "poolclass": sqlalchemy.pool.StaticPool},
    )
    source._data_context = context
    try:
        asset = source.add_query_asset("rows", query=query)
        batch = asset.get_batch(asset.build_batch_request())
        outcome = batch.validate(gx.ExpectationSuite(**suite), result_format="SUMMARY")
        return [result.to_json_dict() for result in outcome.results]
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _quiet() -> None:
    """Let Great Expectations log errors only; its loggers below the first have levels of their own."""
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("great_expectations")]:
        logging.getLogger(name).setLevel(logging.ERROR)
