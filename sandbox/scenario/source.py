"""A YAML text as plain data that remembers where everything stands; no text can run code."""

import re
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sandbox.scenario.words import one_line, show

MOST_PROBLEMS = 20
DEEPEST = 20
TAGS = "tag:yaml.org,2002:"
MAP_KEY = re.compile(r"(?:map|'map'|\"map\")[ ]*:[ ]*(.*)")
BLOCK = re.compile(r"\|[-+]?[ ]*(#.*)?")
BREAKS = re.compile("[\x85\u2028\u2029]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

Place = tuple[str | int, ...]


class ScenarioError(ValueError):
    """What is wrong with a scenario; `problems` holds one line for each mistake."""

    def __init__(self, problems: list[str] | str) -> None:
        """Take one line or several."""
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type, tuple[list[str]]]:
        """So that the error crosses process borders whole."""
        return type(self), (self.problems,)


class ShallowComposer(Composer):
    """Composes no deeper than any scenario goes: the time that YAML takes grows steeply with depth."""

    level = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One node with all in it; raises MarkedYAMLError at the one that lies too deep."""
        if self.level >= DEEPEST:
            mark = self.parser.peek_event().start_mark
            raise MarkedYAMLError(
                problem=f"nested too deeply, up to {DEEPEST} levels are allowed", problem_mark=mark
            )
        self.level += 1
        node = super().compose_node(parent, index)
        self.level -= 1
        return node


class Source:
    """A YAML text as plain data, which remembers where everything stands."""

    def __init__(self, text: str, name: str) -> None:
        """Read the text; errors name the file as `name`. Raises ScenarioError."""
        self.name, self.lines = name, text.split("\n")
        self.keys: dict[Place, tuple[int, int]] = {}
        self.values: dict[Place, tuple[int, int]] = {}
        self.overridden: set[Place] = set()
        self.map_start: tuple[int, int] | None = None
        self._check_text(text)
        self._check_map_block()
        self.data = self._compose(text)

    def _check_text(self, text: str) -> None:
        if not text.strip():
            self._stop(0, 0, "the file is empty; the keys format, map and agents are needed")
        for line, content in enumerate(self.lines):
            for pattern, what in (
                (CONTROL, "a control character; only text is allowed, is this a binary file?"),
                (BREAKS, "an unusual line break; only the usual ones are allowed"),
                (re.compile("\t"), "a tab; only spaces are allowed"),
            ):
                if match := pattern.search(content):
                    self._stop(line, match.start(), what)

    def _check_map_block(self) -> None:
        """Find rows of the map that YAML would end it at, or drop as comments; must look at the raw text."""
        start = next((n for n, line in enumerate(self.lines) if MAP_KEY.match(line)), None)
        if start is None:
            return
        match = MAP_KEY.match(self.lines[start])
        assert match is not None
        if not BLOCK.fullmatch(match[1]):
            self._stop(
                start,
                match.start(1),
                "the map must be a block; write `map: |` and the rows below it, indented",
            )
        rest = self.lines[start + 1 :]
        indents = [len(line) - len(line.lstrip(" ")) for line in rest]
        first = next((n for n, line in enumerate(rest) if line.strip()), None)
        if first is None or indents[first] == 0:
            return self._check_unindented(start, rest)
        self.map_start = (start + 1, indents[first])
        after = (
            n for n, line in enumerate(rest) if n > first and line.strip() and indents[n] < indents[first]
        )
        end = next(after, None)
        if end is None:
            return
        row = rest[end].strip()
        swallowed = row.startswith("#")
        looks_like_row = swallowed and len(row) == len(rest[first].strip()) > 2 and " " not in row
        if indents[end] > 0 or (looks_like_row and rest[end - 1].strip()):
            drops = " and drops this one as a comment" if swallowed else ""
            self._stop(
                start + 1 + end,
                indents[end],
                f"this row begins left of the map's first row, so YAML ends the map here{drops}; "
                f"all rows must begin in the same column ({indents[first] + 1})",
            )

    def _check_unindented(self, start: int, rest: list[str]) -> None:
        first = next((n for n, line in enumerate(rest) if line.strip()), None)
        if first is not None and not re.match(r"(# |[\w'\"]+[ ]*:)", rest[first]):
            self._stop(
                start + 1 + first,
                0,
                "this row of the map is not indented; all rows must begin deeper than `map`",
            )

    def _compose(self, text: str) -> dict[str, Any]:
        try:
            reader = YAML(typ="rt", pure=True)
            reader.Composer = ShallowComposer
            root = reader.compose(text)
            if root is None:
                self._stop(0, 0, "the file says nothing; the keys format, map and agents are needed")
            if not isinstance(root, MappingNode):
                self._stop(
                    *mark_of(root),
                    "a scenario is a mapping of keys to values; format, map and agents are needed",
                )
            return self._plain(root, ())
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = one_line(error.problem or error.context or "this is not YAML")
            context = f" ({one_line(error.context)})" if error.problem and error.context else ""
            self._stop(
                mark.line if mark else 0, mark.column if mark else 0, f"not valid YAML: {problem}{context}"
            )
        except ScenarioError:
            raise
        except (YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
            # what ruamel raises on some malformed tags, versions and escapes instead of its own errors
            first = str(error).split("\n")[0]
            self._stop(0, 0, f"not valid YAML: {one_line(first) or type(error).__name__}")

    def _plain(self, node: Node, place: Place) -> Any:
        """A node as plain data; only what a scenario needs, so that no file can run code or blow up."""
        is_missing = node.value == "" and node.start_mark.index == node.end_mark.index
        # a value that is not there would be marked at the next line that says something
        self.values[place] = self.keys.get(place, mark_of(node)) if is_missing else mark_of(node)
        if node.anchor:
            self._stop(*mark_of(node), "anchors and aliases (& and *) are not allowed; write the value out")
        if isinstance(node, MappingNode):
            if node.tag != TAGS + "map":
                self._stop(*mark_of(node), f"the tag {one_line(node.tag)} is not allowed")
            found: dict[str, Any] = {}
            pairs: Any = node.value
            for key, value in pairs:
                if not isinstance(key, ScalarNode) or key.anchor:
                    self._stop(*mark_of(key), "a key must be a plain word")
                if key.value in found:
                    line = self.keys[(*place, key.value)][0] + 1
                    self._stop(
                        *mark_of(key),
                        f"duplicate key {show(key.value)}, already in line {line}; each key once",
                    )
                self.keys[(*place, key.value)] = mark_of(key)
                found[key.value] = self._plain(value, (*place, key.value))
            return found
        if isinstance(node, SequenceNode):
            if node.tag != TAGS + "seq":
                self._stop(*mark_of(node), f"the tag {one_line(node.tag)} is not allowed")
            items: Any = node.value
            return [self._plain(item, (*place, index)) for index, item in enumerate(items)]
        assert isinstance(node, ScalarNode)
        try:
            return scalar(node.tag.removeprefix(TAGS), node.value)
        except (ValueError, OverflowError):
            self._stop(
                *mark_of(node),
                f"{show(node.value)} cannot be read as {one_line(node.tag.removeprefix(TAGS))}",
            )

    def _stop(self, line: int, column: int, message: str) -> NoReturn:
        raise ScenarioError(f"{self.name}:{line + 1}:{column + 1}: {message}")

    def where(self, place: Place) -> tuple[str, tuple[int, int]]:
        """Where a place stands: the words that go before the message, and line and column for sorting.

        A last element "@key" asks for the key instead of its value.
        """
        for length in range(len(place), 0, -1):
            if place[:length] in self.overridden:
                dotted = ".".join(map(str, place[:length]))
                cell = (
                    f" row {int(place[1]) + 1} column {int(place[2]) + 1}"
                    if dotted == "map" and len(place) == 3
                    else ""
                )
                return f"{self.name}: override {dotted}{cell}", (1 << 30, 0)
        wants_key = place[-1:] == ("@key",)
        if place[:1] == ("map",) and len(place) == 3 and self.map_start:
            line, column = self.map_start[0] + int(place[1]), self.map_start[1] + int(place[2])
            column = min(column, len(self.lines[line]) if line < len(self.lines) else 0)
        else:
            line, column = self._nearest(place[:-1] if wants_key else place, wants_key)
        return f"{self.name}:{line + 1}:{column + 1}", (line, column)

    def _nearest(self, place: Place, wants_key: bool) -> tuple[int, int]:
        """The place, or the nearest above it that the file has; indices that it leaves out are skipped."""
        reached: Place = ()
        for step in place:
            if (*reached, step) in self.values:
                reached = (*reached, step)
            elif isinstance(step, str):
                wants_key = False
                break
        return self.keys.get(reached, (0, 0)) if wants_key else self.values.get(reached, (0, 0))

    def fail(self, problems: list[tuple[Place, str]]) -> NoReturn:
        """Raise a ScenarioError with one line for each (place, message), in the order of the file."""
        lines = sorted(
            {(self.where(place)[1], f"{self.where(place)[0]}: {message}") for place, message in problems}
        )
        more = [f"{self.name}: and {len(lines) - MOST_PROBLEMS} more"] if len(lines) > MOST_PROBLEMS else []
        raise ScenarioError([line for _, line in lines[:MOST_PROBLEMS]] + more)


def mark_of(node: Node) -> tuple[int, int]:
    """Line and column of a node, from 0."""
    return node.start_mark.line, node.start_mark.column


def scalar(tag: str, text: str) -> Any:
    """A scalar of YAML 1.2 as a Python value."""
    match tag:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            digits = text.replace("_", "")
            return (
                int(digits, 0) if digits.lstrip("+-").lower().startswith(("0x", "0o", "0b")) else int(digits)
            )
        case "float":
            return float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
        case "str" | "timestamp":
            return text
    raise ValueError(tag)
