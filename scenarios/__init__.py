"""The shipped worlds, one YAML file each, and the two functions that find them."""

from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of all shipped scenarios, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def path(name: str) -> Path:
    """The file of a shipped scenario; raises KeyError for an unknown name."""
    if name not in names():
        raise KeyError(f"no scenario is called {name!r}; there are: {', '.join(names())}")
    return FOLDER / f"{name}.yaml"
