"""Every mistake in a scenario gives one line with its place, and never a traceback."""

# ruff: noqa: E501 (a row of the tables below is one line)

import random
import re
from pathlib import Path

import pytest

import scenarios
from sandbox.scenario.lint import lint
from sandbox.scenario.read import load_scenario, parse_scenario
from sandbox.scenario.source import ScenarioError

GOOD = """format: 1
name: good
about: A good one.
map: |
  ######
  #A.DG#
  #B..b#
  ######
legend:
  D: {door: {by: interact}}
  G: {goal: {of: helper}}
agents:
  helper: {letter: A, view: 2}
  human: {letter: B}
max_cycles: 50
"""


def problems(text: str, overrides=None) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "x.yaml", overrides)
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert all("\n" not in line for line in caught.value.problems)
    return caught.value.problems


def test_the_good_one_is_good():
    assert parse_scenario(GOOD).name == "good"


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        # the map
        ("#B..b#", "#B.xb#", "7:6", "unknown letter 'x' on the map; allowed: . "),
        ("#B..b#", "#B..b", "7:8", "this row has 5 letters, but the first has 6"),
        ("#B..b#", "#B..b##", "7:9", "this row has 7 letters, but the first has 6"),
        ("#B..b#", "#B. b#", "7:6", "a space in the map; floor is '.'"),
        ("#B..b#", "#B..b# ", "7:9", "a space at the end of this row"),
        ("#B..b#", "  #B..b#", "7:3", "a space in the map"),
        ("  #B..b#\n", "\n", "7:1", "an empty row in the map"),
        ("  ######\n  #A", "    ######\n  #A", "6:3", "begins left of the map's first row, so YAML ends the map here and drops"),
        ("  ######\n  #A.DG#\n", "    ######\n  A..DG.\n", "6:3", "begins left of the map's first row, so YAML ends the map"),
        ("  #B..b#", "#B..b#", "7:1", "drops this one as a comment; all rows must begin in the same column (3)"),
        ("  ######\n  #A.DG#\n  #B..b#\n  ######", "######\n#AB..#\n######", "5:1", "not indented"),
        ("  ######\n  #A.DG#\n  #B..b#\n  ######\n", "", "4:6", "the map is empty"),
        ("map: |", "map: >", "4:6", "the map must be a block"),
        ("map: |\n  ######\n", 'map: "A"\nx: |\n  ######\n', "4:6", "the map must be a block"),
        ("#A.DG#", "#..DG#", "13:20", "'helper' is missing on the map; its letter 'A' must be there"),
        ("  #B..b#\n", "  #B..b#\n" * 200, "5:3", "a map of 203 rows and 6 columns is too large; up to 128 x 128"),
        # keys
        ("format: 1", "format: 2", "1:9", "format is 2, but must be 1"),
        ("format: 1\n", "", "1:1", "missing key 'format'; it must be 1"),
        ("max_cycles: 50", "max_cycle: 50", "15:1", "unknown key 'max_cycle'; did you mean 'max_cycles'? allowed: format,"),
        ("view: 2", "viw: 2", "13:23", "unknown key 'viw'; did you mean 'view'? allowed: letter, count, team"),
        ("letter: A, view: 2", "view: 2", "13:11", "missing key 'letter'; it must be one visible character"),
        ("max_cycles: 50", "name: again", "15:1", "duplicate key 'name', already in line 2"),
        ("view: 2", "view: 2, view: 3", "13:32", "duplicate key 'view', already in line 13"),
        ("by: interact", "bye: interact", "10:14", "unknown key 'bye'; did you mean 'by'? allowed: open, by, link, used_by"),
        ("D: {door:", "D: {dor:", "10:6", "unknown thing 'dor'; did you mean 'door'? allowed: floor, "),
        ("max_cycles: 50", "mechanics: {box: {pull: true}}", "15:13", "unknown rule 'box'; did you mean 'boxes'? allowed:"),
        ("max_cycles: 50", "mechanics: {clock: {}}", "15:13", "the rule 'clock' has no settings"),
        ("max_cycles: 50", "mechanics: {boxes: {pul: true}}", "15:21", "unknown key 'pul'; did you mean 'pull'?"),
        # types and ranges
        ("view: 2", "view: far", "13:29", "view is 'far', but must be a whole number from 0 to 15"),
        ("view: 2", "view: 16", "13:29", "view is 16, but must be a whole number from 0 to 15"),
        ("view: 2", "view: 2.0", "13:29", "view is 2.0, but must be a whole number"),
        ("view: 2", "view: true", "13:29", "view is true, but must be a whole number"),
        ("view: 2", "count: 0", "13:30", "count is 0, but must be a whole number from 1 to 250"),
        ("max_cycles: 50", "max_cycles: -1", "15:13", "max_cycles is -1, but must be a whole number from 1"),
        ("max_cycles: 50", "max_cycles:", "15:1", "max_cycles is empty, but must be a whole number from 1"),
        ("max_cycles: 50", "noise: {slip: .nan}", "15:15", "slip is nan, but must be a number from 0 to 1"),
        ("max_cycles: 50", "noise: {slip: 1.5}", "15:15", "slip is 1.5, but must be a number from 0 to 1"),
        ("of: helper", "of: helper, pays: .inf", "11:32", "pays is inf, but must be a finite number"),
        ("by: interact", "by: hand", "10:18", "by is 'hand', but must be interact or plate or switch or key or nothing"),
        ("by: interact", "open: yes", "10:20", "open is 'yes', but must be true or false"),
        ("by: interact", "used_by: helper", "10:23", "used_by is 'helper', but must be a list of names"),
        ("D: {door: {by: interact}}", "D: 3", "10:6", "3 does not say what lies there"),
        ("agents:\n  helper: {letter: A, view: 2}\n  human: {letter: B}\n", "agents: [A, B]\n", "12:9",
         "agents is a list, but must be a mapping of group names to agents"),
        ("  helper: {letter: A, view: 2}\n  human: {letter: B}\n", "  {}\n", "13:3", "there are no agents"),
        ("human: {letter: B}", "human: B", "14:10", "human is 'B', but must be a mapping such as {letter: A}"),
        ("max_cycles: 50", "walls: thick", "15:8", "walls is 'thick', but must be blocks or thin"),
        # letters, teams, links
        ("letter: B", "letter: A", "14:19", "the letter 'A' is already 'helper'; each group needs its own"),
        ("letter: B", "letter: BB", "14:19", "'BB' is no letter; one visible character is allowed"),
        ("letter: B", 'letter: "#"', "14:19", "'#' always means wall"),
        ("letter: B", 'letter: "."', "14:10", "missing key 'count' for 'human'"),
        ("letter: B", "letter: B, count: 2", "14:29", "count is 2, but the letter 'B' stands on 1 cells of the map"),
        ("letter: B", 'letter: ".", count: 99', "14:31", "99 agents need floor to begin on"),
        ("view: 2", "team: a b", "13:29", "'a b' cannot be a team's name"),
        ("of: helper", "of: helpr", "11:18", "no team or group is called 'helpr'; did you mean 'helper'? allowed: helper, human"),
        ("by: interact", "used_by: [helper, humans]", "10:32", "no team or group is called 'humans'; did you mean 'human'?"),
        ("max_cycles: 50", "mechanics: {boxes: {pushed_by: [robot]}}", "15:33", "no team or group is called 'robot'; allowed:"),
        ("max_cycles: 50", "true_objective: {robot: task}", "15:18", "no team or group is called 'robot'"),
        ("D: {door: {by: interact}}", "D: {door: {by: plate, link: a}}\n  A: {plate: {link: b}}", "11:6",
         "this plate works no door; a door with by: plate and link: 'b' is needed"),
        ("#B..b#", "#B..p#", "7:7", "this plate works no door"),
        ("D: {door: {by: interact}}", "D: [door, goal]", "10:6", "a door and a goal cannot lie in one cell"),
        ("D: {door: {by: interact}}", "D: door\n  A: box", "11:6", "'helper' cannot begin on a box"),
        ("D: {door:", '".": {door:', "10:3", "'.' always means floor"),
        ("D: {door:", "DD: {door:", "10:3", "'DD' is no letter"),
        # specs
        ("view: 2", "rewards: 3", "13:32", "3 is no reward; a name or {name: {parameter: value}} is allowed"),
        ("view: 2", "rewards: {task: 1}", "13:32", "the parameters of 'task' must be a mapping"),
        ("view: 2", "rewards: {task: {a: .nan}}", "13:32", "the parameters of 'task' must be a mapping"),
        ("view: 2", "policy: {a: {}, b: {}}", "13:31", "a mapping is no policy; a name or"),
        # edges, starts, looks, living together
        ("max_cycles: 50", "edges: round", "15:8", "edges is 'round', but must be walls or torus"),
        ("view: 2", "start: x", "13:30", "'helper' is missing on the map; its letter 'x' must be there"),
        ("view: 2", "start: '#'", "13:30", "nobody can begin on '#', a wall"),
        ("view: 2", "start: b", "13:30", "'helper' cannot begin on a box"),
        ("view: 2", "start: B", "13:11", "2 agents begin there, but the letter 'B' stands on 1 cells of the map"),
        ("view: 2", "look: a b", "13:29", "'a b' cannot be the name of a look"),
        ("max_cycles: 50", "mechanics: {harm: {sides: [up]}}", "15:28", "must be one of north, south, west, east"),
        ("max_cycles: 50", "mechanics: {harm: {sides: up}}", "15:27", "must be a list of north, south, west, east"),
        ("max_cycles: 50", "mechanics: {harm: {done_by: [cat]}}", "15:30", "no team or group is called 'cat'"),
        # YAML
        ("name: good", "name: [good", "3:6", "not valid YAML"),
        ("name: good", "name:\tgood", "2:6", "a tab; only spaces are allowed"),
        ("name: good", "name: &a good", "2:7", "anchors and aliases (& and *) are not allowed"),
        ("name: good", "name: *a", "2:7", "not valid YAML: found undefined alias 'a'"),
        ("name: good", "name: !!python/object:os.system x", "2:7", "cannot be read as"),
        ("name: good", "? [a]\n: b", "2:3", "a key must be a plain word"),
        ("name: good", "name: go\0od", "2:9", "a control character"),
        ("max_cycles: 50", "---\na: b", "15:1", "not valid YAML: but found another document"),
    ],
)  # fmt: skip
def test_mistake_is_told_at_its_place(old, new, place, words):
    assert old in GOOD
    told = problems(GOOD.replace(old, new, 1))
    assert any(line.startswith(f"x.yaml:{place}: ") and words in line for line in told), told


def test_several_mistakes_come_in_the_order_of_the_file():
    text = GOOD.replace("of: helper", "off: helper").replace("view: 2", "view: -2").replace("max_", "min_")
    assert [line.split(": ")[0] for line in problems(text)] == ["x.yaml:11:14", "x.yaml:13:29", "x.yaml:15:1"]


def test_groups_may_begin_together_where_cells_are_shared():
    text = GOOD.replace("view: 2", "start: B") + "mechanics: {movement: {share: true}}\n"
    assert parse_scenario(text).blueprint().starts == {"helper": ((2, 1),), "human": ((2, 1),)}


def test_thin_walls():
    good = "format: 1\nwalls: thin\nmap: |\n  +-+-+\n  |A|.|\n  +.+.+\n  |...|\n  +-+-+\nagents:\n  one: {letter: A}\n"
    assert parse_scenario(good).blueprint().fences == {(0, 0, 4)}
    for old, new, place, words in (
        ("|A|.|", "|A-.|", "5:5", "'-' between two cells of a map with thin walls; allowed: . | #"),
        ("+.+.+", "+.-.+", "6:5", "'-' at a corner of cells of a map with thin walls; allowed: +"),
        ("|...|", "|....", "7:7", "'.' on the border of a map with thin walls; allowed: | #"),
        ("|...|", "|.x.|", "7:5", "'x' between two cells"),
        ("|...|", "|..x|", "7:6", "unknown letter 'x'"),
        ("  |...|\n", "", "4:3", "odd numbers of rows and columns, not 4 and 5"),
        (
            "map:",
            "edges: torus\nmap:",
            "3:8",
            "edges is 'torus', but with thin walls only 'walls' is allowed",
        ),
    ):
        assert problems(good.replace(old, new, 1))[0].startswith(f"x.yaml:{place}: ")
        assert words in problems(good.replace(old, new, 1))[0]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"agents.helpr.view": 3}, "override agents.helpr.view: unknown path, there is no 'helpr'; did you mean 'helper'?"),
        ({"agents.helper.vew": 3}, "unknown path, there is no 'vew'; did you mean 'view'? allowed: letter, count"),
        ({"agents.helper.view": 99}, "override agents.helper.view: view is 99, but must be a whole number from 0"),
        ({"agents.helper.view.x": 1}, "'x' leads nowhere; what stands above it is 2"),
        ({"agent": {}}, "override agent: unknown path, there is no 'agent'; did you mean 'agents'?"),
        ({"mechanics.boxes.pul": True}, "there is no 'pul'; did you mean 'pull'?"),
        ({"legend.D.door.opn": True}, "there is no 'opn'; did you mean 'open'?"),
        ({"noise.slip": "x"}, "override noise.slip: slip is 'x'"),
        ({"agents.helper.rewards": object()}, "override agents.helper.rewards: "),
        ({"map": "AB\n.x"}, "override map row 2 column 2: unknown letter 'x'"),
        ({"": 1}, "a dotted path such as agents.helper.view is needed"),
        ({3: 1}, "a dotted path such as agents.helper.view is needed"),
        ({"name": None}, "override name: name is empty, but must be text"),
    ],
)  # fmt: skip
def test_override_mistakes(overrides, words):
    assert words in problems(GOOD, overrides)[0]


def test_files_that_cannot_be_read(tmp_path):
    def told(what) -> str:
        with pytest.raises(ScenarioError) as caught:
            load_scenario(what)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert re.match(
        r"dorway: no scenario has this name; did you mean 'doorway'\? allowed: .*gilded_cage", told("dorway")
    )
    assert "no such file" in told(tmp_path / "none.yaml")
    assert "no such file" in told(str(tmp_path / "none.yaml"))
    assert "is a folder" in told(tmp_path)
    for name in ("a\0b", "a\0b.yaml", "x" * 5000, "x" * 5000 + ".yaml", "", ".", "/", "a\nb"):
        told(name)
    for content, words in (
        (b"", ":1:1: the file is empty"),
        (b"\n\n", ":1:1: the file is empty"),
        (b"# only a comment\n", ":1:1: the file says nothing"),
        (b"format: 1\nname: caf\xe9\n", ":2:10: this is not text in UTF-8"),
        (b"\x89PNG\r\n\x1a\n", ":1:1: this is not text in UTF-8"),
        (bytes(100), ":1:1: a control character"),
        (b"- a\n- b\n", ":1:1: a scenario is a mapping"),
        (b"just words", ":1:1: a scenario is a mapping"),
        (b"[" * 100_000, ":1:21: not valid YAML: nested too deeply, up to 20 levels"),
        (b"a" * 300_000, ": the file is too large"),
    ):
        file = tmp_path / "bad.yaml"
        file.write_bytes(content)
        assert told(file).startswith(f"{file}{words}")
        assert lint(file) == [told(file)]
    missing = tmp_path / "missing.yaml"
    missing.write_text("about: nothing else\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(missing)
    assert [line.split("; ")[0] for line in caught.value.problems] == [
        f"{missing}:1:1: missing key {key!r}" for key in ("agents", "format", "map")
    ]


def test_byte_order_mark_and_line_ends_are_no_mistake(tmp_path):
    file = tmp_path / "dos.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_scenario(file).hash == parse_scenario(GOOD).hash


PIECES = ["\n", " ", "\t", "#", ":", "- ", "[", "]", "{", "}", "|", ">", "&a ", "*a", "!", "!!int ", "!<x> ", "%YAML 1.2\n",
          "%TAG ! x\n", "'", '"', "\\", '"\\x4', "? ", "---", "...", "<<: ", "0o9", "0x", "1e999", "-", "~", "\0", "\x85", "é",
          "\ud800", "null", "true", "9" * 5000, ".inf", "@", "`", "A", "D", "."]  # fmt: skip


def test_no_bytes_whatever_give_a_traceback(tmp_path):
    """Mutate shipped files at random; nothing but ScenarioError may escape, and each of its lines stands alone."""
    chance, file = random.Random(7), tmp_path / "fuzz.yaml"
    texts = [GOOD, *(scenarios.path(name).read_text(encoding="utf-8") for name in scenarios.names())]
    failed = 0
    for turn in range(250):
        text = chance.choice(texts)
        for _ in range(chance.randint(1, 4)):
            here, there = sorted(chance.randrange(len(text) + 1) for _ in range(2))
            there = min(there, here + 12)
            piece = chance.choice([*PIECES, text[here:there], ""])
            text = text[:here] + piece + text[there if chance.random() < 0.5 else here :]
        data = text.encode("utf-8", "surrogatepass")
        if turn % 10 == 0:
            data = bytes(chance.randrange(256) for _ in range(chance.randrange(200)))
        file.write_bytes(data)
        told = []
        try:
            load_scenario(Path(file)).blueprint()
        except ScenarioError as error:
            told = error.problems
        assert lint(file)[: len(told)] == told
        assert all(line.isprintable() and line.startswith(str(file)) for line in told)
        failed += bool(told)
    assert failed > 100
