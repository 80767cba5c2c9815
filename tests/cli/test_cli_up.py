import webbrowser
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from recpipe.cli.parse import parse_command
from recpipe.cli.schedule import local_timezone
from recpipe.cli.up import Up, open_browser
from recpipe.core.workspace import Workspace
from recpipe.params import CollectParams, PipelineParams
from recpipe.run.source import remember_data


@pytest.fixture
def remembering(tmp_path: Path) -> Workspace:
    workspace = Workspace.open(tmp_path / "workspace")
    remember_data(workspace, CollectParams(source="simulated", simulated_events=2_000, seed=7), "d1")
    return workspace


def defaults_of(workspace: Workspace, *arguments: str) -> PipelineParams:
    command = parse_command(Up, "up", ["--workspace", str(workspace.root), *arguments])
    assert isinstance(command, Up)
    return command.run_defaults()


@pytest.mark.parametrize("arguments", [(), ("--cron", "0 3 * * *"), ("--collect.sample", "0.5")])
def test_runs_follow_the_workspace_where_nothing_was_said_about_the_source(
    arguments: tuple[str, ...], remembering: Workspace
) -> None:
    assert defaults_of(remembering, *arguments).collect.source == "remembered"


def test_what_was_said_about_the_source_is_part_of_every_run(remembering: Workspace) -> None:
    collect = defaults_of(remembering, "--collect.seed", "1").collect
    assert (collect.source, collect.simulated_events) == ("simulated", 2_000)
    assert collect.seed == 1, "given, although it is the default"


def test_a_machine_without_a_time_zone_has_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_not_found() -> str:
        raise ZoneInfoNotFoundError("No/Such_Place")

    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: "Asia/Tokyo")
    assert local_timezone() == "Asia/Tokyo"
    monkeypatch.setattr("tzlocal.get_localzone_name", raise_not_found)
    assert local_timezone() == "UTC"


def test_a_machine_without_a_browser_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find_none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr("webbrowser.get", find_none)
    open_browser("http://127.0.0.1:4200")
    assert "no browser was found here: open http://127.0.0.1:4200" in capsys.readouterr().err
