"""The source `sql`: what is refused before a row is read."""

import pytest
from pydantic import ValidationError

from recpipe import collect
from recpipe.collect import CollectParams
from recpipe.core.errors import DataError, ParameterError, UnreachableError
from tests.collect.sales import QUERY, params, shop
from tests.collect.shops import collected

__all__ = ["params", "shop"]


@pytest.mark.parametrize("missing", ["since", "until"])
def test_a_query_without_the_bound_names_is_refused(params, missing):
    query = QUERY.replace(f":{missing}", "'2024-01-01'")
    with pytest.raises(ParameterError, match=f"does not use :{missing}") as raised:
        collect.preflight(params.model_copy(update={"events_query": query}))
    assert ":since AND" in raised.value.hint


def test_a_name_that_nobody_binds_is_refused(params):
    with pytest.raises(ParameterError, match="nobody gives a value to :shop"):
        collect.preflight(params.model_copy(update={"events_query": f"{QUERY} AND who = :shop"}))


def test_a_mapping_to_a_column_that_is_not_there_is_refused(params):
    with pytest.raises(DataError, match=r"events_query: no column 'amount' \(for value\); it has user_id"):
        collect.preflight(params.model_copy(update={"columns": {"value": "amount"}}))


def test_two_mappings_to_one_column_are_refused(params):
    with pytest.raises(ParameterError, match="user_id and item_id are both the column"):
        collect.preflight(params.model_copy(update={"columns": {"user_id": "item_id"}}))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a FROM nowhere WHERE :since < :until",
        "DELETE FROM sales WHERE at BETWEEN :since AND :until",
    ],
)
def test_what_is_no_query_of_the_database_is_refused_and_writes_nothing(workspace, params, shop, query):
    with pytest.raises(DataError, match=r"no such table|gives no rows"):
        collect.preflight(params.model_copy(update={"events_query": query}))
    assert collected(workspace, params).read == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"database": ""}, "no database is named"),
        ({"database": "shop.db"}, "not the address of a database"),
        ({"database": "nosuch://x/y"}, "nosuch"),
        ({"events_query": ""}, "no events are named"),
        ({"database": "postgresql://shop:${NO_SUCH_PASSWORD}@h/shop"}, "NO_SUCH_PASSWORD is not set"),
    ],
)
def test_an_address_that_is_none_is_refused(params, change, message):
    with pytest.raises(ParameterError, match=message):
        collect.preflight(params.model_copy(update=change))


def test_a_database_file_that_is_not_there_is_refused_and_not_made(params, tmp_path):
    with pytest.raises(DataError, match="no such database"):
        collect.preflight(params.model_copy(update={"database": f"sqlite:///{tmp_path}/none.db"}))
    assert not (tmp_path / "none.db").exists()


def test_a_driver_that_is_not_installed_is_named_with_its_extra(params, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymysql", None)
    with pytest.raises(ParameterError, match="not installed") as raised:
        collect.preflight(params.model_copy(update={"database": "mysql://shop@127.0.0.1:1/shop"}))
    assert "recpipe[mysql]" in raised.value.hint


def test_a_server_that_does_not_answer_is_worth_another_try_and_keeps_its_password(params, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/word")
    address = "postgresql://shop:${SHOP_PASSWORD}@127.0.0.1:1/shop"
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1/shop: does not answer") as raised:
        collect.preflight(params.model_copy(update={"database": address}))
    assert "p@ss" not in str(raised.value)


def test_a_password_in_the_parameters_is_refused_and_not_repeated():
    with pytest.raises(ValidationError, match=r"write \$\{NAME\} in its place") as raised:
        CollectParams(database="postgresql://shop:secret@127.0.0.1:1/shop")
    assert "secret@" not in str(raised.value)


def test_a_relative_database_is_that_of_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CollectParams(database="sqlite:///shop.db").database == f"sqlite:///{tmp_path}/shop.db"
    assert CollectParams(database="postgresql:///shop").database == "postgresql:///shop"
