import os
import signal
import subprocess
import sys

import pytest

from recpipe import recommend, recommendations
from recpipe.cli import main
from recpipe.core.errors import DataError
from recpipe.recommend import RecommendParams
from tests.tiny import alter


def publish(workspace, **params):
    return recommend.publish(workspace, recommend.make_lists(workspace, "", "", RecommendParams(**params)))


def listed(publication, user):
    return [row["item_id"] for row in publication.of(user)]


def test_a_program_reads_one_users_list_with_all_that_is_told_of_it(published):
    lists = recommendations.current(published.root)
    assert lists.name == published.publications.pointed("current")
    assert listed(lists, "dan") == ["c1", "a1", "b1"]
    first = lists.of("ann")[0]
    assert (first["rank"], first["variant"], first["model_version"]) == (1, "champion", "mean-a")
    assert (lists.users, lists.rows) == (5, 12)


def test_a_program_reads_everybodys_lists_in_batches(published):
    rows = [row for batch in recommendations.current(published.root).batches() for row in batch.to_pylist()]
    assert [row["item_id"] for row in rows if row["user_id"] == "dan"] == ["c1", "a1", "b1"]
    assert len(rows) == 12


def test_a_user_with_nothing_left_has_an_empty_list_and_an_unknown_one_is_refused(published):
    lists = recommendations.current(published.root)
    assert lists.of("eve") == []
    with pytest.raises(DataError, match="there is no user 'zoe'"):
        lists.of("zoe")


def test_users_are_found_in_every_part(workspace, monkeypatch):
    monkeypatch.setattr("recpipe.recommend.lists.CHUNK_USERS", 1)
    publish(workspace, k=1)
    lists = recommendations.current(workspace.root)
    assert len(lists.files) == 5
    assert [listed(lists, user) for user in ("ann", "bob", "cat", "dan")] == [["a2"], ["c2"], ["c2"], ["c1"]]


def test_what_is_held_stays_whole_when_the_next_is_published_and_it_is_removed(published):
    held = recommendations.current(published.root)
    before = listed(held, "ann")
    publish(published, k=1, keep=1)
    assert published.publications.names() != [held.name]
    assert not published.publications.has(held.name)
    assert listed(held, "ann") == before
    assert sum(batch.num_rows for batch in held.batches()) == 12
    assert listed(recommendations.current(published.root), "ann") == before[:1]


def test_a_publication_that_goes_while_it_is_opened_gives_the_newer_one(published, monkeypatch):
    old, real = published.publications.pointed("current"), recommend.Publication._of

    def removed_first(workspace, name):
        if name == old:
            publish(workspace, k=1, keep=1)
        return real(workspace, name)

    monkeypatch.setattr(recommend.Publication, "_of", removed_first)
    assert recommendations.current(published.root).name == published.publications.pointed("current") != old


def test_no_workspace_is_told_and_none_is_made(tmp_path):
    with pytest.raises(DataError, match="there is no workspace"):
        recommendations.current(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_going_back_shows_the_old_lists_again(published):
    old = published.publications.pointed("current")
    new = publish(published, k=1)
    assert [(one.name, one.is_current) for one in recommend.publications(published)] == [
        (new, True),
        (old, False),
    ]
    assert recommend.publish_again(published, old) == new
    assert recommendations.current(published.root).name == old


def test_an_altered_or_unknown_publication_is_not_published_again(published):
    old = published.publications.pointed("current")
    new = publish(published, k=1)
    alter(published.publications.path(old) / "part-00000.parquet")
    for name, said in ((old, "altered"), ("20200101-none", "there is no publication '20200101-none'")):
        with pytest.raises(DataError, match=said):
            recommend.publish_again(published, name)
    assert published.publications.pointed("current") == new


def test_the_commands_list_and_go_back(published, capsys):
    old = published.publications.pointed("current")
    new = publish(published, k=1)
    here = ["--workspace", str(published.root)]
    assert main(["publications", *here]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == [new, old]
    assert "current" in shown[0]
    assert "5 users  12 recommendations  by mean-a" in shown[1]
    assert main(["publish", old, *here]) == 0
    assert capsys.readouterr().out == f"readers see {old} instead of {new}\n"
    assert main(["publish", "none", *here]) == 2
    assert "there is no publication 'none'" in capsys.readouterr().err


def test_a_reader_of_another_process_sees_whole_lists_while_a_publisher_is_killed(published):
    """The publisher goes to and fro between two publications as fast as it can, and dies."""
    old = published.publications.pointed("current")
    new = publish(published, k=1)
    code = (
        "import sys; from recpipe import recommend; from recpipe.core.workspace import Workspace\n"
        "w = Workspace(__import__('pathlib').Path(sys.argv[1])); print('begun', flush=True)\n"
        "while True:\n    [recommend.publish_again(w, name) for name in sys.argv[2:]]"
    )
    command = [sys.executable, "-c", code, str(published.root), old, new]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        for _ in range(200):
            lists = recommendations.current(published.root)
            assert lists.rows == {old: 12, new: 4}[lists.name]
        os.kill(process.pid, signal.SIGKILL)
    lists = recommendations.current(published.root)
    assert sum(batch.num_rows for batch in lists.batches()) == {old: 12, new: 4}[lists.name]
