"""An erased user is gone from the database, and does not come back."""

import logging

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recpipe import collect
from recpipe.cli import main
from recpipe.collect.forget import KEY
from recpipe.core.errors import DataError
from tests.collect.shops import HEADER, THREE, collected, files, rows, write

WHO = "erasable-anna-0815"
EVENTS = THREE.replace("anna", WHO)
TABLES = ("events", "set_aside", "users", "user_history", "quarantine")


def of_user(workspace, user=WHO):
    """In how many tables the id stands anywhere."""
    return [
        t for t in TABLES if rows(workspace, f"SELECT 1 FROM {t} AS t WHERE contains(t::VARCHAR, '{user}')")
    ]


@pytest.fixture
def params(workspace, tmp_path):
    """A shop in which the user is in every table but set_aside."""
    users = write(tmp_path, "u.csv", f"user_id,city\n{WHO},A\nben,B\n")
    bad = f"{WHO},tea,never\n{WHO},tea\n"
    params = files(write(tmp_path, "e.csv", EVENTS + bad), users=users)
    collected(workspace, params)
    assert of_user(workspace) == ["events", "users", "user_history", "quarantine"]
    return params


def test_a_forgotten_user_is_gone_to_the_last_byte_and_others_stay(workspace, params):
    done = collect.forget(workspace, WHO)
    assert (done.events, done.descriptions, done.quarantined) == (2, 1, 2)
    assert of_user(workspace) == []
    assert rows(workspace, "SELECT user_id FROM events") == [("ben",)]
    assert rows(workspace, "SELECT user_id FROM users") == [("ben",)]
    assert WHO[4:].encode() not in workspace.database.read_bytes()
    assert not list(workspace.root.glob(".tmp-*"))


def test_a_forgotten_user_does_not_come_back_with_any_file(workspace, params, tmp_path):
    collect.forget(workspace, WHO)
    again = collected(workspace, params.model_copy(update={"value_limit": 5.0}))
    assert (again.read, again.kept, again.duplicate, again.quarantined, again.dropped) == (5, 0, 1, 1, 3)
    assert of_user(workspace) == []
    other = write(tmp_path, "other.csv", f"{HEADER}\n{WHO},new,2024-05-01\ncleo,tea,2024-05-01\n")
    done = collected(workspace, files(other))
    assert (done.kept, done.dropped) == (1, 1)
    alone = write(tmp_path, "alone.csv", f"{HEADER}\n{WHO},newer,2024-05-01\n")
    assert collected(workspace, files(alone)).dropped == 1
    assert of_user(workspace) == []


def test_who_was_forgotten_cannot_be_read_from_the_database_alone(workspace, params):
    collect.forget(workspace, WHO)
    ((known,),) = rows(workspace, "SELECT user_hash FROM forgotten")
    assert known == rows(workspace, f"SELECT sha256('{(workspace.root / KEY).read_text()}{WHO}')")[0][0]
    assert known != rows(workspace, f"SELECT sha256('{WHO}')")[0][0]
    assert (workspace.root / KEY).stat().st_mode & 0o077 == 0


def test_a_lost_key_stops_the_reading_before_anybody_comes_back(workspace, params):
    collect.forget(workspace, WHO)
    (workspace.root / KEY).unlink()
    for refused in (
        lambda: collected(workspace, params.model_copy(update={"value_limit": 5.0})),
        lambda: collect.forget(workspace, "ben"),
    ):
        with pytest.raises(DataError, match="would come back"):
            refused()
    assert of_user(workspace) == []


def test_what_still_carries_the_user_is_told_and_noted(workspace, params):
    names = {}
    for shelf, file in (("snapshots", "interactions"), ("publications", "part-0")):
        for number, user in enumerate((WHO, "ben")):
            draft = getattr(workspace, shelf).draft(f"{shelf}-{number}")
            pq.write_table(pa.table({"user_id": [user]}), draft.folder / f"{file}.parquet")
            names[shelf, user] = draft.seal({})
            if shelf == "snapshots":
                model = workspace.models.draft(f"model-{number}")
                names["models", user] = model.seal({"snapshot": names[shelf, user]})
    run = workspace.new_run()
    (run / "notebook.html").write_text(f"<td>{WHO}</td>")
    (workspace.new_run() / "notebook.html").write_text(f"<td>{WHO}-not</td>")
    done = collect.forget(workspace, WHO)
    assert done.snapshots == (names["snapshots", WHO],)
    assert done.models == (names["models", WHO],)
    assert done.publications == (names["publications", WHO],)
    assert done.runs == (run.name,)
    noted = rows(workspace, "SELECT shelf, name FROM carriers JOIN forgotten USING (user_hash) ORDER BY 1")
    assert noted == [(shelf, names[shelf, WHO]) for shelf in ("models", "publications", "snapshots")]


def test_the_command_erases_and_later_stages_see_other_data(workspace, params, capsys):
    workspace.write_settings({"data": "before"})
    assert main(["forget", WHO, "--workspace", str(workspace.root)]) == 0
    assert "erased 2 events, 1 descriptions, 2 quarantined rows" in capsys.readouterr().out
    assert workspace.read_settings()["data"] == collect.summary(workspace).data
    assert main(["forget", "nobody", "--workspace", str(workspace.root)]) == 0
    assert "erased 0 events" in capsys.readouterr().out


def test_nobody_is_forgotten_before_the_first_collect(workspace):
    with pytest.raises(DataError, match="nothing is collected yet"):
        collect.forget(workspace, WHO)


def test_sql_in_an_id_to_forget_does_nothing(workspace, params):
    collect.forget(workspace, "' OR 1=1; DROP TABLE events; --")
    assert rows(workspace, "SELECT count(*) FROM events") == [(3,)]


ROBOT = HEADER + "".join(f"\nrobot,i{n},2024-03-01T00:00:{n:02}" for n in range(6)) + "\nben,tea,2024-03-01\n"


def test_users_who_do_too_much_on_one_day_are_set_aside_and_told(workspace, tmp_path, caplog):
    caplog.set_level(logging.WARNING, "recpipe")
    params = files(write(tmp_path, "e.csv", ROBOT), max_events_per_day=5)
    done = collected(workspace, params)
    assert (done.kept, done.set_aside_users, done.set_aside_events) == (7, 1, 6)
    assert rows(workspace, "SELECT user_id FROM events") == [("ben",)]
    assert "6 events of 1 users are set aside: more than 5 on one day" in caplog.text


def test_a_higher_bound_brings_them_back_and_a_lower_one_takes_them_again(workspace, tmp_path):
    params = files(write(tmp_path, "e.csv", ROBOT), max_events_per_day=5)
    for bound, held in ((5, 1), (6, 7), (5, 1), (0, 7)):
        collected(workspace, params.model_copy(update={"max_events_per_day": bound}))
        assert rows(workspace, "SELECT count(*) FROM events") == [(held,)]


def test_events_set_aside_are_known_when_they_are_read_again(workspace, tmp_path):
    params = files(write(tmp_path, "e.csv", ROBOT), max_events_per_day=5)
    collected(workspace, params)
    again = collected(workspace, params.model_copy(update={"value_limit": 5.0}))
    assert (again.kept, again.duplicate, again.set_aside_events) == (0, 7, 6)
    collect.forget(workspace, "robot")
    assert of_user(workspace, "robot") == []


def test_as_many_events_on_several_days_are_nothing_to_set_aside(workspace, tmp_path):
    path = write(tmp_path, "e.csv", HEADER + "".join(f"\nu,i,2024-03-0{n}" for n in range(1, 8)) + "\n")
    assert collected(workspace, files(path, max_events_per_day=5)).set_aside_users == 0
