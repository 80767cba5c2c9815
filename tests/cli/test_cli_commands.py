import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recpipe.cli import main
from recpipe.cli.lab import lab_command, lab_environment
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.record import recorded_run

ROOT = Path(__file__).parents[2]


def error_of(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 2) -> str:
    assert main(arguments) == code
    return capsys.readouterr().err


@pytest.mark.parametrize("command", [["status"], ["export", "out.csv"], ["recommend", "u1"]])
def test_reading_makes_no_workspace(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = error_of([*command, "--workspace", str(tmp_path / "none")], capsys)
    assert "there is no workspace" in message
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", [["export", "out.csv"], ["recommend", "u1"]])
def test_nothing_published_yet_is_told(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Workspace.open(tmp_path)
    assert "there is no current publication yet" in error_of([*command, "--workspace", str(tmp_path)], capsys)


def test_status_tells_what_is_there_and_how_runs_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.write_settings({"source": {"source": "files", "events": "/a.csv"}})
    draft = workspace.models.draft("mean-1")
    workspace.models.point("champion", draft.seal({}))
    with recorded_run(workspace):
        pass
    with pytest.raises(KeyboardInterrupt), recorded_run(workspace):
        raise KeyboardInterrupt
    assert main(["status", "--workspace", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    for part in ("files events /a.csv", "champion      mean-1", "none yet", "finished", "interrupted"):
        assert part in shown


def test_params_lists_every_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params"]) == 0
    shown = capsys.readouterr().out
    for stage, group in PipelineParams():
        assert all(f"{stage}.{name}  (" in shown for name in type(group).model_fields)


def test_a_workspace_below_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    message = error_of(["run", "--workspace", str(tmp_path / "file" / "w"), "--source", "simulated"], capsys)
    assert "no folder can be made there" in message


def test_a_new_workspace_needs_a_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = error_of(["run", "--workspace", str(tmp_path / "w")], capsys)
    assert "needs a source" in message
    assert "--source complete-journey" in message


def test_a_file_that_is_not_there_is_found_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "w"
    arguments = ["run", "--workspace", str(workspace), "--source", "files", "--events", "/nowhere/*.csv"]
    assert "/nowhere/*.csv" in error_of(arguments, capsys)
    assert not workspace.exists(), "what is refused leaves no empty workspace"


def test_a_workspace_at_work_is_busy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = Workspace.open(tmp_path)
    with workspace.lock():
        message = error_of(["run", "--workspace", str(tmp_path), "--source", "simulated"], capsys, code=1)
    assert "another run is at work here" in message


@pytest.mark.parametrize("cron", ["nightly", "0 3 * *", "61 3 * * *", "0 0 31 2 *"])
def test_a_bad_cron_is_refused_before_anything_starts(
    cron: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = error_of(["up", "--workspace", str(tmp_path / "w"), "--cron", cron], capsys)
    assert "cron: " in message
    assert f"(got {cron!r})" in message
    assert not (tmp_path / "w").exists()


def test_a_bad_cron_in_the_toml_is_refused_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.toml").write_text("[schedule]\ncron = 'nightly'\n")
    message = error_of(
        ["up", "--workspace", str(tmp_path / "w"), "--params", str(tmp_path / "p.toml")], capsys
    )
    assert "'nightly'" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "files", "--events", "/nowhere.csv"], "/nowhere.csv: no such file"),
        (["--cron", "0 3 * * *"], "needs a source"),
        (["--notebooks.dir", "/nowhere"], "notebooks.dir /nowhere: no such folder"),
    ],
)
def test_up_refuses_what_every_run_would_refuse(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in error_of(["up", "--workspace", str(tmp_path / "w"), *arguments], capsys)
    assert not (tmp_path / "w").exists()


def test_lab_refuses_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["lab", "--workspace", str(tmp_path / "w"), "--notebooks.dir", "/nowhere"]
    assert "notebooks.dir /nowhere: no such folder" in error_of(arguments, capsys)


def test_jupyterlab_opens_on_the_notebooks_on_loopback() -> None:
    command = " ".join(lab_command(9999, browser=False, folder=Path("/mine")))
    for part in (
        "root_dir=/mine",
        "ip=127.0.0.1",
        "port=9999",
        "open_browser=False",
    ):
        assert part in command


def test_jupyterlab_has_a_token_that_is_not_on_its_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    first, second = (lab_environment(Path("/w")) for _ in range(2))
    assert first["RECPIPE_WORKSPACE"] == "/w"
    assert len(first["JUPYTER_TOKEN"]) >= 24
    assert first["JUPYTER_TOKEN"] != second["JUPYTER_TOKEN"]
    assert "oken" not in " ".join(lab_command(9999, browser=False, folder=Path("/mine")))
    monkeypatch.setenv("JUPYTER_TOKEN", "mine")
    assert lab_environment(Path("/w"))["JUPYTER_TOKEN"] == "mine"


def test_the_kernel_is_this_environments_whatever_is_called_so_at_home(tmp_path: Path) -> None:
    elsewhere = tmp_path / ".local" / "share" / "jupyter" / "kernels" / "python3"
    elsewhere.mkdir(parents=True)
    (elsewhere / "kernel.json").write_text('{"argv": ["/elsewhere"], "display_name": "p", "language": "p"}')
    code = (
        "import recpipe; from jupyter_client.manager import KernelManager as K;"
        "print(K(kernel_name='python3').format_kernel_cmd()[0])"
    )
    environment = os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    for name in ("JUPYTER_PREFER_ENV_PATH", "JUPYTER_DATA_DIR", "XDG_DATA_HOME"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == sys.executable


def test_jupyterlab_neither_asks_for_news_nor_which_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    first, *rest = lab_environment(Path("/w"))["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert rest == ["/mine"]
    settings = json.loads((Path(first) / "labconfig" / "default_setting_overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert settings["@jupyterlab/notebook-extension:tracker"]["autoStartDefaultKernel"] is True
