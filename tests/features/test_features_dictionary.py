"""The dictionary comes from the SQL; SQL that does not fit it makes no snapshot."""

import pytest

from recpipe import features
from recpipe.core import store
from recpipe.core.columns import SNAPSHOT_TABLES
from recpipe.core.errors import CheckError, DataError, StageError
from recpipe.features import dictionary, tables
from recpipe.features.dictionary import EXPLAINED, FILE, read_dictionary
from tests.features.small_shop import write


@pytest.fixture
def changed_sql(monkeypatch):
    """Let the SQL of a file read otherwise."""

    def change(file, old, new):
        text = store.read_sql(f"features/{file}")
        assert old in text

        def read(name):
            return text.replace(old, new) if name == f"features/{file}" else original(name)

        original = store.read_sql
        for module in (store, dictionary):
            monkeypatch.setattr(module, "read_sql", read)

    return change


def test_the_snapshot_tells_name_type_meaning_and_sql_of_every_feature(shop):
    name = features.seal(write(shop))
    told = read_dictionary(shop)
    assert [(feature.table, feature.name) for feature in told] == [
        (table, column) for table in EXPLAINED for column in SNAPSHOT_TABLES[table]
    ]
    assert all(feature.meaning and feature.sql and feature.type for feature in told)
    [repeat_rate] = [feature for feature in told if feature.name == "repeat_rate"]
    assert (repeat_rate.type, repeat_rate.sql) == ("DOUBLE", "1 - items / nullif(events, 0)")
    assert FILE in shop.snapshots.manifest(name)["files"]


def test_a_snapshot_from_before_there_were_dictionaries_says_so(shop):
    name = features.seal(write(shop))
    (shop.snapshots.path(name) / FILE).unlink()
    with pytest.raises(DataError, match=r"has no dictionary.*\nTo do: Run"):
        read_dictionary(shop)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" -- events a session", "", "no dictionary names the column 'events_per_session'"),
        ("AS repeat_rate, --", "AS repetition, --", "the column 'repetition' is unknown"),
        (
            "        attributes -- what else is known of the user, a JSON object\n",
            "",
            "the column 'attributes' is missing",
        ),
        ("1 - items / nullif", "1 - itms / nullif", r"user_features.sql: Binder Error.*itms"),
    ],
)
def test_a_feature_whose_sql_fails_or_that_nobody_names_makes_no_snapshot(
    shop, changed_sql, old, new, message
):
    changed_sql("user_features", old, new)
    with pytest.raises(StageError, match=f"{message}.*\nTo do: "):
        write(shop)
    assert not list(shop.snapshots.root.iterdir())


def test_two_rows_a_key_make_no_snapshot(shop, changed_sql):
    changed_sql(
        "user_features", "LEFT JOIN type_mix", "JOIN (VALUES (1), (2)) AS twice ON true LEFT JOIN type_mix"
    )
    with pytest.raises(CheckError, match="every user has each of the three moments once"):
        features.check(write(shop))
    assert not list(shop.snapshots.root.iterdir())


def test_every_parameter_of_the_sql_is_one_of_the_stage():
    named = {name for names in tables.BOUND.values() for name in names}
    assert named <= set(features.FeaturesParams.model_fields)
