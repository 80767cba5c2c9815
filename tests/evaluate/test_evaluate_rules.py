"""The rules of the gate on scores that are known by construction."""

import numpy as np
import pytest

from recpipe.evaluate import EvaluateParams, Scores
from recpipe.evaluate.rules import judge

USERS = 400
LEVELS = np.linspace(0.1, 0.5, USERS)
"""NDCG of each user; the mean is 0.3."""


def scores(version, ndcg, **told):
    return Scores(version, version.partition("-")[0], 10, ndcg, ndcg, **{"coverage": 0.5} | told)


def noise(spread, seed=0):
    """Of mean 0 exactly, so that the estimate is what a test says."""
    drawn = np.random.default_rng(seed).normal(0, spread, USERS)
    return drawn - drawn.mean()


def rules(challenger, *, champion=None, groups=None, told=None, **params):
    rivals = {"popularity": scores("popularity-1", LEVELS)}
    if champion is not None:
        rivals["champion"] = scores("mean-1", champion)
    challenger = scores("mean-2", challenger, **(told or {}))
    return {rule.name: rule for rule in judge(challenger, rivals, groups or {}, EvaluateParams(**params))}


def kept(*arguments, **named):
    return {name: rule.passed for name, rule in rules(*arguments, **named).items()}


def test_a_challenger_that_is_better_for_everybody_keeps_every_rule():
    found = kept(LEVELS + 0.05, champion=LEVELS + 0.01, groups={"all": np.ones(USERS, bool)})
    assert found == {
        "sound scores": True,
        "ahead of popularity": True,
        "not behind the champion": True,
        "no group worse off": True,
        "coverage": True,
        "full lists": True,
    }


def test_without_a_champion_nothing_is_asked_about_one():
    assert "not behind the champion" not in rules(LEVELS)


def test_a_mean_that_is_higher_by_luck_does_not_beat_popularity():
    # standard error 0.1 / √400 = 0.005
    lucky = rules(LEVELS + 0.005 + noise(0.1))["ahead of popularity"]
    assert not lucky.passed
    assert lucky.why.startswith("is not surely ahead of popularity-1 (NDCG@10 0.3000) by +0.0050 [-0.00")
    assert lucky.figures["low"] < 0 < lucky.figures["estimate"] < lucky.figures["high"]
    assert kept(LEVELS + 0.015 + noise(0.1))["ahead of popularity"]


def test_confidence_says_how_sure_the_gate_must_be():
    slightly = LEVELS + 0.0075 + noise(0.1)
    assert not kept(slightly)["ahead of popularity"]
    assert kept(slightly, gate_confidence=0.8)["ahead of popularity"]


def test_a_champion_is_replaced_by_none_that_is_only_as_good():
    assert not kept(LEVELS + 0.1, champion=LEVELS + 0.1)["not behind the champion"]


@pytest.mark.parametrize(("margin", "passes"), [(0.05, False), (0.2, True)])
def test_a_margin_lets_pass_what_is_surely_not_worse_by_more(margin, passes):
    """The champion has 0.4, the challenger a tenth less."""
    found = rules(LEVELS + 0.06 + noise(0.02), champion=LEVELS + 0.1, gate_margin=margin)
    rule = found["not behind the champion"]
    assert rule.passed == passes
    assert rule.figures["required"] == pytest.approx(-margin * 0.4)
    assert f"at most {margin:.1%} behind mean-1 (NDCG@10 0.4000): difference -0.0400" in rule.why


def test_no_margin_helps_against_popularity():
    assert not kept(LEVELS - 0.01, gate_margin=0.5)["ahead of popularity"]


def halves():
    first = np.arange(USERS) < USERS // 2
    return {"new": first, "old": ~first}


def test_a_group_that_is_surely_worse_off_is_named():
    """Ahead as a whole, at the cost of the new."""
    groups = halves()
    uneven = LEVELS + np.where(groups["new"], -0.05, 0.2)
    found = rules(uneven, groups=groups)
    assert found["ahead of popularity"].passed
    rule = found["no group worse off"]
    assert not rule.passed
    assert rule.why.startswith("is surely more than 10% behind popularity-1 (NDCG@10 0.19")
    assert "in the group 'new' of 200 users" in rule.why
    assert "'old'" not in rule.why


def test_a_group_is_compared_with_the_champion_too():
    groups = halves()
    champion = LEVELS + np.where(groups["new"], 0.2, 0)
    found = rules(LEVELS + 0.12, champion=champion, groups=groups)
    assert found["not behind the champion"].passed
    assert "behind mean-1" in found["no group worse off"].why


def test_the_more_groups_are_looked_at_the_surer_it_must_be_of_one():
    """One is worse off by a third, with so much doubt that it is refused for it if nobody looks further."""
    places = np.arange(USERS)
    one = {"worse off": places < 100}
    others = {f"better off {number}": places >= 200 + number for number in range(39)}
    mixed = LEVELS + 0.05 + np.where(places < 140, -0.12, 0) + noise(0.15)
    assert not kept(mixed, groups=one)["no group worse off"]
    assert kept(mixed, groups=one | others)["no group worse off"]


def test_what_a_group_may_lose_is_a_parameter():
    uneven = LEVELS + np.where(halves()["new"], -0.05, 0.2)
    assert kept(uneven, groups=halves(), gate_segment_drop=0.5)["no group worse off"]


def test_a_group_below_the_minimum_is_not_judged():
    few = {"few": np.arange(USERS) < 15}
    harmed = LEVELS + np.where(few["few"], -0.1, 0.1)
    assert kept(harmed, groups=few)["no group worse off"]
    assert not kept(harmed, groups=few, min_segment=15)["no group worse off"]


def test_lists_that_hold_much_less_of_the_catalogue_than_the_champions_are_refused():
    """Those of the rivals hold half of it."""
    rule = rules(LEVELS + 0.1, told={"coverage": 0.2})["coverage"]
    assert (rule.passed, rule.why) == (
        False,
        "has 20.00% of the items in its lists, popularity-1 50.00%: at least 25.00% are asked for",
    )
    assert "mean-1 50.00%" in rules(LEVELS + 0.1, champion=LEVELS, told={"coverage": 0.2})["coverage"].why
    assert kept(LEVELS + 0.1, told={"coverage": 0.25})["coverage"]
    assert kept(LEVELS + 0.1, told={"coverage": 0.2}, gate_coverage=0.4)["coverage"]


def test_too_many_short_lists_are_refused():
    short = {"full_lists": 0.9}
    rule = rules(LEVELS + 0.1, told=short)["full lists"]
    assert (rule.passed, rule.why) == (False, "fills 90.0% of its lists, at least 95.0% are asked for")
    assert kept(LEVELS + 0.1, told=short, gate_full_lists=0.9)["full lists"]


def test_a_problem_breaks_the_first_rule_with_its_own_words():
    rule = rules(LEVELS + 0.1, told={"problem": "every item has the same score"})["sound scores"]
    assert (rule.passed, rule.why) == (False, "every item has the same score")


def test_one_user_proves_nothing():
    one = scores("mean-2", np.array([1.0]))
    found = judge(one, {"popularity": scores("popularity-1", np.array([0.0]))}, {}, EvaluateParams())
    assert not found[1].passed
    assert found[1].figures == {"required": 0.0, "estimate": 1.0, "low": None, "high": None}
