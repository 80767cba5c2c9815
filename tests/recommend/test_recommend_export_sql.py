import sqlite3

import pytest

from recpipe import recommend
from recpipe.cli import main
from recpipe.core.errors import DataError, ParameterError, UnreachableError
from recpipe.recommend import RecommendParams
from recpipe.recommend.schema import SCHEMA


def ask(path, query):
    with sqlite3.connect(path) as database:
        return database.execute(query).fetchall()


def listed(path, user, table="recommendations"):
    places = f"SELECT item_id, rank FROM {table} WHERE user_id = '{user}' ORDER BY rank"
    return ask(path, places)


def publish(workspace, **params):
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", RecommendParams(**params)))


def tables(path):
    return [name for (name,) in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]


def half_way(monkeypatch):
    """The next export fails after it wrote some rows."""
    real = recommend.Publication.batches

    def batches(publication, *columns):
        yield next(real(publication, *columns))
        raise DataError("the power went")

    monkeypatch.setattr(recommend.Publication, "batches", batches)


def test_a_table_holds_every_recommendation(published, tmp_path):
    shop = tmp_path / "shop.db"
    assert recommend.export(published, f"sqlite:///{shop}") == 12
    assert listed(shop, "dan") == [("c1", 1), ("a1", 2), ("b1", 3)]
    columns = [row[1] for row in ask(shop, "PRAGMA table_info(recommendations)")]
    assert columns == SCHEMA.names
    (told,) = ask(shop, "SELECT DISTINCT variant, model_version, propensity FROM recommendations")
    assert told == ("champion", "mean-a", 1.0)


def test_the_next_lists_take_the_place_of_the_old_and_leave_nothing(published, tmp_path):
    shop = tmp_path / "shop.db"
    recommend.export(published, f"sqlite:///{shop}")
    publish(published, k=1)
    assert recommend.export(published, f"sqlite:///{shop}") == 4
    assert listed(shop, "dan") == [("c1", 1)]
    assert tables(shop) == ["recommendations"]


def test_an_export_that_fails_half_way_leaves_the_old_table_as_it_was(published, tmp_path, monkeypatch):
    shop = tmp_path / "shop.db"
    recommend.export(published, f"sqlite:///{shop}")
    publish(published, k=1)
    half_way(monkeypatch)
    with pytest.raises(DataError, match="the power went"):
        recommend.export(published, f"sqlite:///{shop}")
    assert listed(shop, "dan") == [("c1", 1), ("a1", 2), ("b1", 3)]
    assert tables(shop) == ["recommendations"]


def test_a_table_of_another_name_is_left_alone(published, tmp_path):
    shop = tmp_path / "shop.db"
    recommend.export(published, f"sqlite:///{shop}", name="for_you")
    recommend.export(published, f"sqlite:///{shop}", name="select")
    assert sorted(tables(shop)) == ["for_you", "select"]
    assert listed(shop, "dan", '"select"') == listed(shop, "dan", "for_you")


def test_a_database_at_work_is_told_as_one_that_does_not_answer(published, tmp_path):
    shop = tmp_path / "shop.db"
    with sqlite3.connect(shop, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnreachableError, match="locked"):
            recommend.export(published, f"sqlite:///{shop}?timeout=0.1")


@pytest.mark.parametrize("name", ["a b", "x; DROP TABLE y", ""])
def test_a_name_that_is_no_name_of_a_table_is_refused(published, tmp_path, name):
    with pytest.raises(ParameterError, match="not the name of a table"):
        recommend.export(published, f"sqlite:///{tmp_path}/shop.db", name=name)


@pytest.mark.parametrize("address", ["nobody://shop", "postgresql://shop:${NO_SUCH_SECRET}@h/s"])
def test_an_address_that_is_none_is_bad_usage_and_tells_no_password(published, capsys, address):
    assert main(["export", address, "--workspace", str(published.root)]) == 2
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert address not in told.out


def test_the_command_names_the_table(published, tmp_path, capsys):
    shop = tmp_path / "shop.db"
    here = ["--workspace", str(published.root)]
    assert main(["export", f"sqlite:///{shop}", "--name", "for_you", *here]) == 0
    assert capsys.readouterr().out == "12 recommendations written to the address\n"
    assert tables(shop) == ["for_you"]
