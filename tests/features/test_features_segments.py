"""Users in named segments, by rules on what was known of them."""

import pytest
from pydantic import ValidationError

from recpipe import features
from recpipe.core.errors import ParameterError
from recpipe.features import FeaturesParams
from tests.features.small_shop import rows, write


def segments(draft, moment):
    return dict(rows(draft, "segments", "user_id", "segment", moment=moment))


def test_segments_put_users_into_the_group_whose_rule_fits_at_each_moment(shop):
    draft = write(shop, segments={"busy": "events >= 4", "quiet": "events = 0 -- nothing yet"})
    assert segments(draft, "validation") == {"ann": None, "bob": None, "cat": None, "dan": "quiet"}
    assert segments(draft, "now") == {"ann": "busy", "bob": None, "cat": None, "dan": "quiet"}


def test_without_rules_nobody_is_in_a_segment(shop):
    assert set(segments(write(shop), "now").values()) == {None}


def test_rules_may_ask_for_interests_and_attributes(shop):
    rules = {"x": "interests[1].category = 'x'", "told": "events = 0 AND attributes->>'age' = '35-44'"}
    assert segments(write(shop, segments=rules), "validation") == {
        "ann": "x",
        "bob": None,
        "cat": "x",
        "dan": "told",
    }


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("events >", "Parser Error"),
        ("evnts > 3", "Binder Error.*evnts"),
        ("interests", "Conversion Error|Binder Error|Unimplemented"),
        ("sum(events) > 3", "Binder Error.*aggregates"),
    ],
)
def test_a_rule_that_is_no_condition_is_one_error_and_makes_no_snapshot(shop, rule, message):
    with pytest.raises(ParameterError, match=rf"features.segments.odd: '.*' is no condition.*({message})"):
        write(shop, segments={"odd": rule})
    assert not list(shop.snapshots.root.iterdir())


def test_rules_that_overlap_are_named_with_a_user(shop):
    rules = {"busy": "events >= 4", "early": "days_since_first > 8", "other": "events < 0"}
    with pytest.raises(
        ParameterError, match="busy and early overlap; both fit user 'ann' at the moment 'now'"
    ):
        write(shop, segments=rules)
    assert not list(shop.snapshots.root.iterdir())


@pytest.mark.parametrize("wrong", [{"": "events > 1"}, {"a": " "}, {"a": "true); DROP TABLE met; --"}])
def test_a_segment_without_a_name_or_with_more_than_a_condition_is_refused(wrong):
    with pytest.raises(ValidationError, match="needs a name and one condition"):
        FeaturesParams(segments=wrong)


def test_an_empty_segment_is_a_warning(shop):
    found = features.check(write(shop, segments={"nobody": "events > 99"}))
    assert [result.expectation for result in found.failed("warning")] == ["every segment holds somebody now"]
