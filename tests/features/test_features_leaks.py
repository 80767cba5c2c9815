"""What happens in the test part must not be seen by any moment before it."""

import pytest

from tests.features.small_shop import EVENTS, fill, rows, write

OTHER_TEST_PARTS = {
    "other items": [(8, "ann", "0"), (9, "cat", "0")],
    "other users": [(8, "zoe", "b"), (9, "zoe", "c")],
    "more events": [(8, "ann", "d"), (8, "bob", "b"), (8, "cat", "c"), (9, "cat", "a")],
}


@pytest.mark.parametrize("kind", OTHER_TEST_PARTS)
@pytest.mark.parametrize("table", ["user_features", "item_features"])
@pytest.mark.parametrize("moment", ["validation", "test"])
def test_a_moment_does_not_change_with_the_events_after_it(empty, table, moment, kind):
    before = _known(write(fill(empty)), table, moment)
    after = _known(write(fill(empty, [*EVENTS[:8], *OTHER_TEST_PARTS[kind]])), table, moment)
    assert after == before


@pytest.mark.parametrize("table", ["user_features", "item_features"])
def test_the_validation_moment_does_not_change_with_the_validation_part(empty, table):
    before = _known(write(fill(empty)), table, "validation")
    after = _known(
        write(fill(empty, [*EVENTS[:6], (6, "cat", "a"), (7, "cat", "0"), *EVENTS[8:]])), table, "validation"
    )
    if table == "item_features":  # a new item moves indices, the figures stay
        before, after = [row[1:] for row in before], [row[1:] for row in after]
    assert after == before


def test_with_last_event_a_later_event_changes_no_earlier_figure(empty):
    """Ann's last event is another one: what was known before it is the same."""
    before = _known(write(fill(empty), split="last-event"), "user_features", "test")
    other = [*EVENTS[:8], (8, "ann", "b"), EVENTS[9]]
    assert _known(write(fill(empty, other), split="last-event"), "user_features", "test") == before


def test_nothing_is_known_of_a_user_before_the_first_event(empty):
    """Zoe comes in the test part: before it she is as Dan is, who never does anything."""
    draft = write(fill(empty, [*EVENTS, (8, "zoe", "b"), (9, "zoe", "c")], users=[]), test_share=0.33)
    for moment in ("validation", "test"):
        *_, zoe = rows(draft, "user_features", moment=moment)
        assert zoe[:2] == ("zoe", moment)
        assert set(map(str, zoe[3:])) == {"0", "None", "[]", "{}"}


def test_indices_of_known_items_do_not_change_with_the_test_part(empty):
    before = rows(write(fill(empty)), "items", "item_index", "item_id")[:3]
    after = rows(
        write(fill(empty, [*EVENTS[:8], (8, "ann", "0"), (9, "ann", "1")])), "items", "item_index", "item_id"
    )
    assert after[:3] == before


def _known(draft, table, moment):
    """Rows of users of whom something was known; those of strangers come and go with their events."""
    known = rows(draft, table, moment=moment)
    return [row for row in known if table == "item_features" or row[0] in {"ann", "bob", "cat", "dan"}]
