import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from recpipe.run.environment import environment


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_versions_are_those_that_are_installed() -> None:
    found = environment()
    assert found["python"] == platform.python_version()
    for name in ("recpipe", "tensorflow", "duckdb", "great-expectations", "prefect"):
        assert found["packages"][name] == version(name)
    assert "pytest" not in found["packages"], "not needed by a run"


def test_the_commit_of_the_notebooks_is_told_and_whether_something_was_changed(tmp_path: Path) -> None:
    notebook = tmp_path / "3_train.ipynb"
    notebook.write_text("{}")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert environment(str(tmp_path))["git"]["notebooks"] == {"commit": commit, "dirty": False}
    notebook.write_text("{ }")
    assert environment(str(tmp_path))["git"]["notebooks"] == {"commit": commit, "dirty": True}


def test_a_folder_that_is_no_checkout_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert environment(str(tmp_path))["git"]["notebooks"] is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment()["git"] == {"code": None, "notebooks": None}, "without git"


def test_no_secret_of_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "canary-4711")
    assert "canary-4711" not in json.dumps(environment())
