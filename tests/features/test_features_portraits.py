"""Users in words: the most telling first."""

from recpipe import features
from recpipe.features.portraits import MOST_TELLING, PHRASES
from tests.features.small_shop import EVENTS, fill, write


def test_what_sets_a_user_apart_comes_first(empty):
    # ann repeats a on four Mondays more, bob and cat do not
    mondays = [(7 * week, "ann", "a") for week in (-1, -2, -3, -4)]
    table = features.portraits(write(fill(empty, [*mondays, *EVENTS])), users=3)
    told = dict(zip(table["user_id"], table["told"], strict=True))
    assert told["ann"].startswith("100% at night, ")
    assert "tries little that is new (repeats 56%)" in told["ann"]
    assert "has been here for 37 days" in told["ann"]
    assert "56% on Mondays" in told["ann"]
    assert "is new, 4 days here" in told["cat"]
    assert all(words.count(", ") < MOST_TELLING + 3 for words in told.values())


def test_a_user_like_all_others_is_told_by_interests_and_habits(empty):
    alike = [(number, user, "a") for number in range(10) for user in ("ann", "bob")]
    [told] = features.portraits(write(fill(empty, alike)), users=1)["told"]
    assert told.startswith("x (100%), 100% at night, ")


def test_every_phrase_takes_the_number_it_is_given():
    for low, high in PHRASES.values():
        assert low.format(1.5)
        assert high.format(1.5)
