"""Every shipped scenario loads, lints clean and makes a consistent blueprint; some promise more."""

import copy
import pickle
from collections import deque

import pytest

import scenarios
from sandbox.scenario.lint import lint
from sandbox.scenario.read import load_scenario, locate
from sandbox.scenario.schema import Scenario
from sandbox.world.blueprint import Blueprint
from sandbox.world.mechanic import mechanics, things

EXPECTED = {
    "open_field", "doorway", "box_room", "klyubin_maze", "gilded_cage", "boxed_human", "two_doors",
    "key_and_gate", "relay_plates", "first_meeting", "coexistence", "sharing", "coin_game",
}  # fmt: skip


def test_names_and_paths():
    assert set(scenarios.names()) >= EXPECTED
    assert scenarios.names() == sorted(scenarios.names())
    assert all(scenarios.path(name).is_file() for name in scenarios.names())
    with pytest.raises(KeyError, match="no scenario is called 'nowhere'"):
        scenarios.path("nowhere")


@pytest.mark.parametrize("name", scenarios.names())
def test_shipped_scenario(name):
    assert lint(name) == []
    scenario = load_scenario(name)
    assert scenario.path
    assert scenario.name == name == scenario.path.stem
    assert scenario.text == scenarios.path(name).read_text(encoding="utf-8")
    assert scenario.about.endswith(".")
    assert "\n" not in scenario.about
    assert load_scenario(scenarios.path(name)).hash == scenario.hash
    assert pickle.loads(pickle.dumps(scenario)).hash == copy.deepcopy(scenario).hash == scenario.hash
    check_blueprint(scenario.blueprint(), scenario)


def check_blueprint(blueprint: Blueprint, scenario: Scenario) -> None:
    height, width = len(blueprint.rows), len(blueprint.rows[0])
    assert {len(row) for row in blueprint.rows} == {width}
    assert [group.name for group in blueprint.groups] == list(scenario.agents) == list(blueprint.starts)
    for group in blueprint.groups:
        assert group.team
        assert 1 <= group.count <= len(blueprint.starts[group.name])
        begins = scenario.agents[group.name].starts
        assert {blueprint.rows[row][column] for row, column in blueprint.starts[group.name]} == {begins}
    for thing in blueprint.things:
        assert isinstance(thing.params, things()[thing.name].params)
        assert blueprint.rows[thing.row][thing.column] == thing.letter
    walls = {(thing.row, thing.column) for thing in blueprint.things if thing.name == "wall"}
    assert walls == {
        (r, c) for r, row in enumerate(blueprint.rows) for c, mark in enumerate(row) if mark == "#"
    }
    for name, settings in blueprint.settings.items():
        assert type(settings) is mechanics()[name].settings
    for row, column, direction in blueprint.fences:
        assert direction in (2, 4)
        assert 0 <= row < height - (direction == 2)
        assert 0 <= column < width - (direction == 4)


KLYUBIN_5_STEPS = """
21 26 27 28 29 31 29 28 26 21
24 29 27 22 30 34 32 32 30 26
28 32 29 23 18 38 37 36 34 29
31 36 32 25 18 42 42 40 36 32
32 40 42 42 44 46 45 42 38 34
30 37 36 37 40 44 43 41 38 33
26 31 29 29 32 36 14 34 31 28
21 25 24 24 25 27 18 27 26 26
11 13 16 19 21 22 22 23 24 25
11 13 15 18 21 21 20 20 21 21
"""


def test_klyubin_maze_is_the_published_one():
    blueprint = load_scenario("klyubin_maze").blueprint()
    counts = [[steps_reach(blueprint, (row, column), 5) for column in range(10)] for row in range(10)]
    assert counts == [[int(count) for count in line.split()] for line in KLYUBIN_5_STEPS.split("\n")[1:-1]]
    assert sum(steps_reach(blueprint, (row, column), 10) for row in range(10) for column in range(10)) == 6410


def steps_reach(blueprint: Blueprint, start: tuple[int, int], steps: int) -> int:
    """Cells within so many steps, walls and fences in the way."""
    walls = {(thing.row, thing.column) for thing in blueprint.things if thing.name == "wall"}
    distance, queue = {start: 0}, deque([start])
    while queue:
        row, column = here = queue.popleft()
        for there, fence in (
            ((row - 1, column), (row - 1, column, 2)),
            ((row + 1, column), (row, column, 2)),
            ((row, column - 1), (row, column - 1, 4)),
            ((row, column + 1), (row, column, 4)),
        ):
            inside = 0 <= there[0] < len(blueprint.rows) and 0 <= there[1] < len(blueprint.rows[0])
            free = inside and there not in walls and fence not in blueprint.fences
            if free and there not in distance and distance[here] < steps:
                distance[there] = distance[here] + 1
                queue.append(there)
    return len(distance)


def test_gilded_cage_has_the_measures_of_the_reference():
    blueprint = load_scenario("gilded_cage").blueprint()
    cell = {
        thing.name: (thing.row - 1, thing.column - 1) for thing in blueprint.things if thing.name != "wall"
    }
    assert cell["door"] == (2, 5)
    assert cell["goal"] == (2, 10)
    assert blueprint.starts["human"] == ((3, 1),)
    assert blueprint.max_cycles == 30
    assert steps_reach(blueprint, (3, 1), 99) == 25 + 6
    assert steps_reach(blueprint, blueprint.starts["helper"][0], 99) == 3
    door = next(thing.params for thing in blueprint.things if thing.name == "door")
    assert door.open
    assert door.by == "switch"


def test_two_doors_keeps_the_helper_out_of_the_wings():
    blueprint = load_scenario("two_doors").blueprint()
    assert steps_reach(blueprint, blueprint.starts["human"][0], 99) == 9 + 2 * 9 + 2
    assert steps_reach(blueprint, blueprint.starts["helper"][0], 99) == 11 + 6


def test_open_field_is_the_benchmark_world():
    blueprint = load_scenario("open_field").blueprint()
    assert (len(blueprint.rows), len(blueprint.rows[0])) == (16, 16)
    assert [(group.count, group.view) for group in blueprint.groups] == [(4, 3)]
    assert {"box", "item"} <= {thing.name for thing in blueprint.things}


def test_overrides_reach_everything():
    plain = load_scenario("two_doors")
    other = load_scenario(
        "two_doors",
        {
            "agents.helper.view": 5,
            "agents.helper.policy.planner.depth": 2,
            "agents.helper.rewards": {"kindness": {"horizon": 4}, "task": None},
            "legend.D.door.open": True,
            "noise.slip": 0.1,
            "mechanics.boxes.pull": True,
            "max_cycles": 7,
        },
    )
    assert plain.hash != other.hash
    assert plain.agents["helper"].view == 3
    helper = other.agents["helper"]
    assert helper.view == 5
    assert helper.policy == {"planner": {"depth": 2}}
    assert helper.rewards == {"kindness": {"horizon": 4}, "task": {}}
    blueprint = other.blueprint()
    assert all(thing.params.open for thing in blueprint.things if thing.name == "door")
    assert (blueprint.slip, blueprint.max_cycles, blueprint.settings["boxes"].pull) == (0.1, 7, True)


def test_overrides_turn_bare_names_into_mappings():
    scenario = load_scenario("first_meeting", {"agents.helper.policy.planner.depth": 6})
    assert scenario.agents["helper"].policy == {"planner": {"depth": 6}}


def test_hash_is_of_what_is_said_not_of_how(tmp_path):
    said = load_scenario("first_meeting")
    file = tmp_path / "first_meeting.yaml"
    file.write_bytes(
        said.text.replace("policy: planner", "policy: {planner: }").replace("\n", "\r\n").encode()
    )
    assert load_scenario(file).hash == said.hash
    file.write_text(said.text.replace("max_cycles: 20", "max_cycles: 21"))
    assert load_scenario(file).hash != said.hash


def test_locate_names_the_place():
    scenario = load_scenario("first_meeting")
    line = next(n for n, text in enumerate(scenario.text.split("\n"), 1) if "rewards" in text)
    column = scenario.text.split("\n")[line - 1].index("kindness") + 1
    assert locate(scenario, "agents.helper.rewards") == f"{scenario.path}:{line}:{column}"


def test_a_scenario_can_be_made_without_a_file():
    scenario = Scenario.model_validate(
        {
            "format": 1,
            "map": "A.b\n.G.",
            "agents": {"one": {"letter": "A"}},
            "legend": {"G": {"goal": {"of": "one"}}},
        }
    )
    assert scenario.agents["one"].count == 1
    assert scenario.agents["one"].team == "one"
    assert scenario.path is None
    assert {(thing.name, thing.row, thing.column) for thing in scenario.blueprint().things} == {
        ("box", 0, 2),
        ("goal", 1, 1),
    }
    with pytest.raises(ValueError, match="unknown letter 'x'"):
        Scenario.model_validate({"format": 1, "map": "Ax", "agents": {"one": {"letter": "A"}}})


def test_letters_agents_first_unless_the_legend_speaks():
    said = {"format": 1, "map": "b.", "agents": {"one": {"letter": "b"}}}
    assert Scenario.model_validate(said).blueprint().things == ()
    below = Scenario.model_validate(said | {"legend": {"b": ["goal", "item"]}}).blueprint()
    assert [thing.name for thing in below.things] == ["goal", "item"]


def test_lint_warns(tmp_path):
    file = tmp_path / "odd.yaml"
    file.write_text(
        "format: 1\nmap: |\n  #A#.G\n  ###.D\nlegend:\n  D: {door: {by: plate}}\n  q: key\n"
        "agents:\n  one: {letter: A}\nmechanics:\n  boxes: {pull: true}\n"
    )
    assert [line.removeprefix(str(file)) for line in lint(file)] == [
        ":1:1: warning: `about` is missing; one sentence on what the scenario shows helps everybody",
        ":3:4: warning: 'one' is walled in here and can never move",
        ":3:7: warning: this goal can never be reached by anybody; walls stand in every way",
        ":4:7: warning: no plate has link: '', so this door never moves",
        ":7:3: warning: the letter 'q' is not on the map",
        ":11:3: warning: nothing on the map obeys 'boxes' (box)",
    ]
