"""Whether a training goes on from the champion, and why not: shape, order in time, and what is held out."""

import logging
from typing import Any

import numpy as np
import pytest

from recpipe import train
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.train.settings import Settings
from recpipe.train.warm_start import COLD, Start, learned_until
from recpipe.train.weights import write_feature_rows
from tests.tiny import alter
from tests.train.conftest import Write
from tests.train.worlds import World, parity_world

PARAMS = Settings(dimension=4, max_history=8, epochs=5, batch_size=16, targets_per_query=2)
SPLIT = {"kind": "time", "validation_from": "1970-01-09T00:00:00", "test_from": "1970-01-10T00:00:00"}
"""Of `parity_world`: users train on the days 0 to 7."""


def champion(workspace: Workspace, **told: Any) -> str:
    """Write a version of an older snapshot, with one weight, as champion; `told` changes its manifest."""
    draft = workspace.models.draft("mean-1")
    Vocabulary(np.array(["i00"], dtype=object)).write(draft.folder / "vocabulary.parquet")
    np.savez(draft.folder / "weights.npz", **{"encoder.log_spans": np.arange(4, dtype=np.float32)})
    write_feature_rows({}, draft.folder)
    manifest = {"kind": "mean", "snapshot": "older", "split": SPLIT, "parameters": PARAMS.model_dump()}
    manifest |= {"event_types": ["purchase"], "learned_until": "1970-01-08T00:00:00"}
    name = draft.seal(manifest | told)
    workspace.models.point("champion", name)
    return name


def chosen(workspace: Workspace, wish: str = "auto", **changed: Any) -> Start:
    """What a training on the newest snapshot would start from."""
    params = PARAMS.model_copy(update={"warm_start": wish, **changed})
    return train.warm_start(workspace, train.read(workspace, "", params))


@pytest.fixture
def snapshot(write_snapshot: Write) -> str:
    return write_snapshot(parity_world(users=6), "newer", split=SPLIT)


def test_a_champion_of_an_earlier_snapshot_is_the_start(workspace: Workspace, snapshot: str) -> None:
    champion(workspace)
    start = chosen(workspace, "on")
    assert (start.version, start.champion) == ("mean-1", "mean-1")
    assert start.weights
    assert start.weights.values["encoder.log_spans"].tolist() == [0, 1, 2, 3]


def test_a_warm_start_plans_fewer_epochs_and_a_cold_one_all() -> None:
    assert Start(version="mean-1").planned(PARAMS).epochs == 2
    assert Start(version="mean-1").planned(PARAMS.model_copy(update={"epochs": 1})).epochs == 1
    assert COLD.planned(PARAMS) == PARAMS


def test_off_means_a_cold_start(workspace: Workspace, snapshot: str) -> None:
    champion(workspace)
    start = chosen(workspace, "off")
    assert (start.version, start.weights, str(start)) == ("", None, "cold start: train.warm_start is off")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "popularity": ({"kind": "popularity"}, "popularity, which learns nothing"),
    "a refit": ({"refit_of": "mean-0"}, "a refit, which has learned from all events"),
    "another kind of split": ({"split": SPLIT | {"kind": "last-event"}}, "split last-event.*split time"),
    "validation": ({"learned_until": "1970-01-09T00:00:00"}, "learned from events up to 1970-01-09T00:00:00"),
    "test": ({"split": SPLIT | {"test_from": "1970-01-11T00:00:00"}}, "chosen by events up to 1970-01-11"),
    "encoder": ({"parameters": PARAMS.model_dump() | {"encoder": "gru"}}, r"train\.encoder is gru there, mean"),
    "dimension": ({"parameters": PARAMS.model_dump() | {"dimension": 8}}, r"train\.dimension is 8 there, 4 here"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_champion_that_is_no_start_is_an_error_if_asked_for_and_else_a_cold_start_with_the_reason(
    case: str, workspace: Workspace, snapshot: str, caplog: pytest.LogCaptureFixture
) -> None:
    told, reason = REFUSED[case]
    champion(workspace, **told)
    with pytest.raises(ParameterError, match=rf"train\.warm_start is on, but the champion mean-1.*{reason}"):
        chosen(workspace, "on")
    with caplog.at_level(logging.INFO, "recpipe.train"):
        start = chosen(workspace)
    assert (start.version, start.champion) == ("", "mean-1")
    assert caplog.messages == [str(start)]


@pytest.mark.parametrize("name", ["layers", "heads", "max_history"])
def test_the_shape_of_attention_has_more_sides(name: str, workspace: Workspace, snapshot: str) -> None:
    params = PARAMS.model_copy(update={"encoder": "attention"})
    champion(workspace, kind="attention", parameters=params.model_dump() | {name: 4})
    with pytest.raises(ParameterError, match=rf"train\.{name} is 4 there"):
        chosen(workspace, "on", encoder="attention")


def test_without_a_champion_the_start_is_cold_or_an_error(workspace: Workspace, snapshot: str) -> None:
    assert chosen(workspace).reason == "there is no champion of an earlier snapshot"
    with pytest.raises(ParameterError, match=r"no champion of an earlier snapshot\nTo do: .*auto"):
        chosen(workspace, "on")


def test_a_champion_that_is_gone_or_kept_no_weights_is_no_start(workspace: Workspace, snapshot: str) -> None:
    name = champion(workspace)
    (workspace.models.path(name) / "manifest.json").unlink()
    assert "mean-1 is gone" in chosen(workspace).reason
    workspace.models.remove(name)
    told = {"kind": "mean", "snapshot": "older", "split": SPLIT, "parameters": PARAMS.model_dump()}
    workspace.models.point("champion", workspace.models.draft("mean-0").seal(told))
    assert "mean-0 was made by a recpipe that kept no weights" in chosen(workspace).reason


def test_a_champion_of_this_very_snapshot_is_passed_over_for_the_one_it_followed(
    workspace: Workspace, snapshot: str
) -> None:
    """So that training again, promoted or not, is the same training."""
    before = champion(workspace)
    again = workspace.models.draft("mean-2").seal({"snapshot": snapshot, "champion_before": before})
    first = workspace.models.draft("mean-3").seal({"snapshot": snapshot, "champion_before": ""})
    workspace.models.point("champion", again)
    assert chosen(workspace).version == before
    workspace.models.point("champion", first)
    assert chosen(workspace).version == ""


def test_an_altered_champion_is_refused_by_the_name_of_the_file(workspace: Workspace, snapshot: str) -> None:
    alter(workspace.models.path(champion(workspace)) / "weights.npz")
    with pytest.raises(DataError, match=r"weights\.npz: altered"):
        chosen(workspace)


def test_no_weight_is_unpickled(workspace: Workspace, snapshot: str) -> None:
    draft = workspace.models.draft("evil")
    np.savez(draft.folder / "weights.npz", evil=np.array([print], dtype=object))
    told = workspace.models.manifest(champion(workspace))
    workspace.models.point("champion", draft.seal(told))
    with pytest.raises(DataError, match=r"weights\.npz: no arrays of numbers"):
        chosen(workspace)


def last_event_world(known: int, newcomer: int) -> World:
    """A user with `known` events and one with `newcomer`; the last is the test if there are three."""

    def parts(count: int) -> Any:
        events = [(f"i{number}", float(number)) for number in range(count)]
        return (events[:-2], events[-2:-1], events[-1:]) if count > 2 else (events, [], [])

    return {"known": parts(known), "newcomer": parts(newcomer)}


@pytest.mark.parametrize(("newcomer", "leaks"), [(2, False), (3, True)])
def test_of_split_last_event_who_was_known_whole_must_not_be_held_out_now(
    newcomer: int, leaks: bool, workspace: Workspace, write_snapshot: Write
) -> None:
    """What a user learned from stays before the last two events, whatever follows."""
    split = {"kind": "last-event", "validation_from": "", "test_from": ""}
    write_snapshot(last_event_world(5, 2), "older", split=split)
    write_snapshot(last_event_world(7, newcomer), "newer", split=split)
    champion(workspace, split=split)
    start = chosen(workspace)
    assert start.version == ("" if leaks else "mean-1")
    assert not leaks or "knows all events of 1 users" in start.reason


def test_whom_a_pruned_snapshot_held_out_is_not_known(workspace: Workspace, write_snapshot: Write) -> None:
    split = {"kind": "last-event", "validation_from": "", "test_from": ""}
    write_snapshot(last_event_world(7, 2), "newer", split=split)
    champion(workspace, split=split)
    assert "snapshot older, which is gone" in chosen(workspace).reason


def test_what_was_learned_before_counts_for_as_long_as_weights_are_handed_on(
    workspace: Workspace, snapshot: str
) -> None:
    data = train.read(workspace, snapshot, PARAMS)
    assert learned_until(data, COLD) == "1970-01-08T00:00:00"
    assert learned_until(data, Start(learned_until="1970-01-07T00:00:00")) == "1970-01-08T00:00:00"
    assert learned_until(data, Start(learned_until="1970-01-08T12:00:00")) == "1970-01-08T12:00:00"
