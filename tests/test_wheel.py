"""What is installed from a wheel must have everything that a checkout has beside the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_wheel_carries_notebooks_expectations_sql_and_flows(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder, pattern in (("notebooks", "*.ipynb"), ("expectations", "*.json")):
        beside = {f"recpipe/_shipped/{folder}/{path.name}" for path in (ROOT / folder).glob(pattern)}
        assert beside
        assert beside <= inside
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "recpipe").glob("*/sql/*.sql")}
    assert sources
    assert sources <= inside
    assert "flows/pipeline.py" in inside
