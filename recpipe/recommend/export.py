"""Hand the current lists on: to a file, a table of a database, or Redis."""

from pathlib import Path

from recpipe.core.workspace import Workspace
from recpipe.recommend.export_file import write_file
from recpipe.recommend.export_redis import write_redis
from recpipe.recommend.export_sql import write_table
from recpipe.recommend.publication import Publication


def export(workspace: Workspace, out: str | Path, *, name: str = "recommendations") -> int:
    """Write every recommendation of the current publication to `out`; return how many there are.

    out: a file (.parquet, .csv or .jsonl), an address of SQLAlchemy's, where the table `name` is replaced,
    or redis://…, where `name` begins the keys. In an address `${NAME}` is taken from the environment.

    Whoever reads `out` sees all of the old content or all of the new, and keeps the old if this fails.
    Memory does not grow with the number of users. Raises ParameterError for a suffix or an address that
    is none, DataError if there is no publication yet, naming the file of it that was altered, or if `out`
    refuses what is written; UnreachableError if it does not answer.
    """
    publication = Publication.open(workspace)
    workspace.publications.verify(publication.name)
    place = str(out)
    if place.startswith(("redis://", "rediss://")):
        write_redis(place, name, publication)
    elif "://" in place:
        write_table(place, name, publication)
    else:
        write_file(Path(place), publication)
    return publication.rows
