"""`recpipe features` and `recpipe snapshots`."""

import pytest

from recpipe.cli import main
from recpipe.core.retention import snapshots_in_use
from recpipe.core.workspace import Workspace
from recpipe.features.dictionary import Feature, write_dictionary


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def snapshot(workspace, name):
    draft = workspace.snapshots.draft(name)
    meaning = Feature("user_features", "events", "BIGINT", "events before the moment", "count(*)")
    write_dictionary(draft.folder, [meaning])
    return draft.seal({"inputs": {"events": 1234}})


def made_from(shelf, name, manifest):
    shelf.point("current", shelf.draft(name).seal(manifest))


def run(workspace, capsys, *arguments):
    assert main([*arguments, "--workspace", str(workspace.root)]) == 0
    return capsys.readouterr().out


def test_features_prints_the_dictionary_of_the_newest_or_the_named_snapshot(workspace, capsys):
    workspace.snapshots.point("newest", snapshot(workspace, "20240101-a"))
    for options in ([], ["--snapshot", "20240101-a"]):
        shown = run(workspace, capsys, "features", *options)
        assert "[user_features]\nevents  (BIGINT)\n    events before the moment\n    count(*)\n" in shown


def test_features_of_an_empty_workspace_say_so(workspace, capsys):
    assert main(["features", "--workspace", str(workspace.root)]) == 2
    assert "there is no newest snapshot yet" in capsys.readouterr().err


def test_pruning_keeps_what_the_champion_its_refit_a_publication_or_the_newest_needs(workspace, capsys):
    names = [snapshot(workspace, f"2024010{number}-s") for number in range(1, 7)]
    made_from(workspace.models, "mean-1", {"snapshot": names[0]})
    workspace.models.point("champion", "mean-1")
    made_from(workspace.models, "mean-1-refit-2", {"snapshot": names[1], "refit_of": "mean-1"})
    made_from(workspace.publications, "lists", {"inputs": {"snapshot": names[2], "model": "mean-1"}})
    workspace.snapshots.point("newest", names[5])
    assert snapshots_in_use(workspace) == {
        names[0]: ["champion mean-1"],
        names[1]: ["model mean-1-refit-2"],
        names[2]: ["publication lists"],
        names[5]: ["the newest"],
    }
    listed = run(workspace, capsys, "snapshots")
    assert f"{names[3]}" in listed
    assert "1,234 events" in listed
    assert listed.count("needed by nobody") == 2
    shown = run(workspace, capsys, "snapshots", "--prune", "--keep", "2")  # the two newest
    assert f"removed  {names[3]}\n" in shown
    assert f"removed  {names[4]}\n" in run(workspace, capsys, "snapshots", "--prune")
    assert "nothing: all are needed" in run(workspace, capsys, "snapshots", "--prune")
    assert set(workspace.snapshots.names()) == {*names[:3], names[5]}


def test_pruning_waits_for_no_run(workspace, capsys):
    snapshot(workspace, "20240101-s")
    with workspace.lock():
        assert main(["snapshots", "--prune", "--workspace", str(workspace.root)]) == 1
    assert "another run is at work here" in capsys.readouterr().err
    assert workspace.snapshots.names() == ["20240101-s"]
