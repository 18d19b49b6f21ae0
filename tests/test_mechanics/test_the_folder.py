"""Every rule has its drawings, says in one sentence what it is, and knows no other rule."""

import ast
from pathlib import Path

import pytest

import sandbox.world.mechanics
from sandbox.world.mechanic import mechanics, things

FOLDER = Path(sandbox.world.mechanics.__path__[0])
FILES = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")


def imported(tree: ast.Module) -> set[str]:
    """All modules that a file names in its imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return names


def test_the_rules_are_the_files() -> None:
    assert sorted(mechanics()) == [path.stem for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_says_in_one_sentence_what_it_is(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said
    sentence = said.split("\n\n")[0]
    assert sentence.endswith(".")
    assert ". " not in sentence.replace("\n", " ")
    assert mechanics()[path.stem].about


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_imports_no_other(path: Path) -> None:
    others = {name for name in imported(ast.parse(path.read_text(encoding="utf-8"))) if "mechanics" in name}
    assert not others
    assert not any(name.startswith(".") for name in imported(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_has_its_drawings(path: Path) -> None:
    drawings = Path(__file__).with_name(f"test_{path.stem}.py")
    assert drawings.exists()
    assert "tests.drawn" in imported(ast.parse(drawings.read_text(encoding="utf-8")))


def test_every_letter_stands_for_one_thing() -> None:
    letters = [thing.letter for thing in things().values()]
    assert len(letters) == len(set(letters))
