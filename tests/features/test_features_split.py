import pytest

from recpipe import features
from recpipe.core.errors import DataError
from recpipe.features import FeaturesParams
from tests.features.small_shop import EVENTS, PARAMS, day, fill, make_tables, rows, write


def open_with(workspace, **params):
    return features.open_draft(workspace, FeaturesParams(**(PARAMS | params)))


def test_the_cutoffs_are_the_times_of_the_first_events_of_the_parts(shop):
    split = open_with(shop).split
    assert (split.validation_from, split.test_from, split.newest) == (day(6), day(8), day(9))
    assert split.events == {"train": 6, "validation": 2, "test": 2}


def test_events_of_the_same_time_stay_on_one_side(empty):
    crowd = [(8, user, "a") for user in ("eve", "fay", "gus", "hal")]
    split = open_with(fill(empty, [*EVENTS, *crowd])).split
    # 3 of 14 events are wanted as test: day 8 has five, so all six from it are test, and the three
    # wanted for validation still come before them
    assert (split.validation_from, split.test_from) == (day(5), day(8))
    assert split.events == {"train": 5, "validation": 3, "test": 6}


def test_the_split_can_be_shown_as_a_table(shop):
    table = open_with(shop).split.frame()
    assert table["share"].tolist() == [0.6, 0.2, 0.2]
    assert table.loc["test", "from"] == "2024-01-09 00:00:00"


@pytest.mark.parametrize(
    ("events", "params", "message"),
    [
        (
            [(0, "ann", item) for item in "abc"],
            {},
            r"leaves train and validation empty: of 3 events.*0 train.*\n.*last-event",
        ),
        ([(0, "ann", "a")], {}, r"leaves train and validation empty.*\n.*Collect more events"),
        (
            EVENTS,
            {"test_share": 0.49, "validation_share": 0.49},
            r"leaves train empty.*0 train, 5 validation.*\n.*Lower",
        ),
        (
            [(0, "ann", "a"), (1, "bob", "a")],
            {"split": "last-event"},
            r"leaves validation and test empty.*no user has events at three times.*\n",
        ),
    ],
)
def test_a_split_that_leaves_a_side_empty_is_refused_with_figures(empty, events, params, message):
    with pytest.raises(DataError, match=message):
        open_with(fill(empty, events), **params)
    assert list(empty.snapshots.root.iterdir()) == []


def test_last_event_splits_events_of_equal_times_by_their_order(empty):
    events = [(0, "ann", item, "purchase", order) for item, order in [("c", 1), ("a", 2), ("b", 3)]]
    draft = write(fill(empty, events), split="last-event")
    assert rows(draft, "interactions", "item_indices", "train_count", "validation_count", "test_count")[
        0
    ] == (
        [2, 1, 3],
        1,
        1,
        1,
    )


def test_one_user_and_one_item_are_enough(empty):
    draft = write(fill(empty, [(number, "ann", "a") for number in range(10)], users=[]))
    assert rows(draft, "interactions", "item_indices", "test_count") == [([1] * 10, 2)]
    assert features.seal(draft) == empty.snapshots.pointed("newest")


@pytest.mark.parametrize("collected", ["nothing", "no database", "no tables"])
def test_a_workspace_without_events_is_refused(empty, collected):
    from recpipe.core import store

    if collected != "no database":
        with store.connect(empty.database) as database:
            if collected == "nothing":
                make_tables(database)
    with pytest.raises(DataError, match=r"no events\nTo do: .*collect"):
        open_with(empty)


def test_more_types_of_event_than_a_byte_counts_are_refused(empty):
    events = [(number, "ann", "a", f"type {number}") for number in range(256)]
    with pytest.raises(DataError, match=r"256 types of event; 255 is the most"):
        open_with(fill(empty, events))


def test_the_last_event_split_does_not_tear_a_basket_apart(empty):
    events = [(0, "ann", "a"), (1, "ann", "b"), (1, "ann", "c"), (2, "ann", "a"), (2, "ann", "d")]
    draft = write(fill(empty, events), split="last-event")
    assert rows(draft, "interactions", "train_count", "validation_count", "test_count")[0] == (1, 2, 2)


def test_the_last_event_split_takes_events_at_one_time_apart_where_their_order_is_given(empty):
    events = [(1, "ann", item, "purchase", order) for order, item in enumerate("abc")]
    draft = write(fill(empty, events), split="last-event")
    assert rows(draft, "interactions", "train_count", "validation_count", "test_count")[0] == (1, 1, 1)
