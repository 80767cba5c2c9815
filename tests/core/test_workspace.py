import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from recpipe.core.errors import BusyError, ParameterError
from recpipe.core.workspace import Workspace, locate

HOLD = """
import sys
from recpipe.core.workspace import Workspace
with Workspace.open(sys.argv[1]).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_workspace_below_a_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="no folder can be made there"):
        Workspace.open(tmp_path / "file" / "workspace")


def test_an_empty_path_means_the_environment_then_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECPIPE_WORKSPACE", raising=False)
    assert locate() == tmp_path / "workspace"
    monkeypatch.setenv("RECPIPE_WORKSPACE", str(tmp_path / "shop"))
    assert locate() == tmp_path / "shop"
    assert locate(tmp_path / "other") == tmp_path / "other"


def test_a_workspace_remembers_its_settings(tmp_path: Path) -> None:
    assert Workspace.open(tmp_path).read_settings() == {}
    Workspace.open(tmp_path).write_settings({"source": "files"})
    assert Workspace.open(tmp_path).read_settings() == {"source": "files"}


def test_two_runs_get_two_folders(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    assert workspace.new_run() != workspace.new_run()


def test_the_lock_refuses_another_process_and_names_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=str(holder.pid)), Workspace.open(tmp_path).lock():
            pass
        holder.kill()
    with Workspace.open(tmp_path).lock():
        pass


LEAVE = """
import os, sys
from recpipe.core.files import temporary
from recpipe.core.workspace import Workspace
workspace = Workspace.open(sys.argv[1])
(workspace.models.draft("half").folder / "vectors.npy").touch()
temporary(workspace.root, "settings.json").touch()
os._exit(9)
"""


def test_taking_the_lock_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LEAVE, str(tmp_path)], check=False)
    assert len(list(tmp_path.rglob(".tmp-*"))) == 2
    with Workspace.open(tmp_path).lock():
        pass
    assert not list(tmp_path.rglob(".tmp-*"))


def test_taking_the_lock_leaves_the_draft_of_a_notebook_at_work_alone(tmp_path: Path) -> None:
    draft = Workspace.open(tmp_path).models.draft("half")
    with Workspace.open(tmp_path).lock():
        assert draft.folder.is_dir()


START_A_KERNEL = """
import os, subprocess, sys
workspace = sys.argv[1]
os.environ["JPY_PARENT_PID"] = str(os.getpid())
log = open(workspace + "/runs/kernel.log", "wb")
kernel = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=log, start_new_session=True)
print(kernel.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("runner_dies", [True, False])
def test_taking_the_lock_ends_the_kernel_of_a_killed_run_and_no_other(
    tmp_path: Path, runner_dies: bool
) -> None:
    Workspace.open(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", START_A_KERNEL, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as runner:
        assert runner.stdout is not None
        kernel = psutil.Process(int(runner.stdout.readline()))
        if runner_dies:
            runner.kill()
            runner.wait()
        try:
            with Workspace.open(tmp_path).lock():
                assert kernel.is_running() is not runner_dies
        finally:
            if kernel.is_running():
                kernel.kill()
            runner.kill()
