"""Small files of known content, and the way through collect in one call."""

from pathlib import Path
from typing import Any

from recpipe import collect
from recpipe.collect import CollectParams, Ingestion
from recpipe.core.store import connect
from recpipe.core.workspace import Workspace

HEADER = "user_id,item_id,timestamp"
THREE = (
    f"{HEADER}\nanna,tea,2024-03-01T10:00:00Z\nanna,cake,2024-03-02T10:00:00Z\nben,tea,2024-03-03T10:00:00Z\n"
)


def write(folder: Path, name: str, content: str | bytes) -> str:
    """Write a file, return its path."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def files(events: str, **others: Any) -> CollectParams:
    """Parameters of the source `files`."""
    return CollectParams(source="files", events=events, **others)


def collected(workspace: Workspace, params: CollectParams) -> Ingestion:
    """Read and merge."""
    return collect.merge(workspace, collect.read(workspace, params), params)


def rows(workspace: Workspace, sql: str) -> list[tuple[Any, ...]]:
    """Query the workspace's database."""
    with connect(workspace.database) as store:
        return store.query(sql).rows()


def times(workspace: Workspace) -> list[str]:
    """The collected times in order, as text."""
    return [time for (time,) in rows(workspace, "SELECT event_at::VARCHAR FROM events ORDER BY event_at")]


def refused(workspace: Workspace) -> list[tuple[int, str]]:
    """Row and reason of the quarantine."""
    return rows(workspace, "SELECT row_number, reason FROM quarantine ORDER BY ALL")
