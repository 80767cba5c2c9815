"""Where the notebooks and the expectations lie: beside the code in a checkout, inside a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def shipped(folder: str) -> Path:
    """Return the folder `notebooks` or `expectations` of this installation."""
    inside = PACKAGE / "_shipped" / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder
