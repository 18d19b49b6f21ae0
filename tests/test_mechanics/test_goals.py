"""Goals: reached once by those whose goal they are; they may end an agent or the episode."""

import pytest

from tests.drawn import Stage, settings, thing


def test_a_goal_pays_once() -> None:
    stage = Stage("#AG.#", legend={"G": thing("goal", pays=3)}).step(A="east")
    assert (stage.of("pay", "A"), stage.of("reached", "A")) == (3.0, 1)
    stage.step()
    assert (stage.of("pay", "A"), stage.of("reached", "A")) == (0.0, 1)
    stage.play(A="west east")
    assert stage.of("pay", "A") == 0.0
    assert stage.states[0]["over"] == 0


def test_a_goal_pays_each_agent() -> None:
    stage = Stage("#AG.B#").play(A="east west", B="stay west")
    assert stage.drawing == "#AGB.#"
    stage.step(B="west")
    assert stage.drawing == "#AB..#"
    assert (stage.of("reached", "A"), stage.of("reached", "B")) == (1, 1)


@pytest.mark.parametrize(
    ("of", "counts"), [("", True), ("A", True), ("team", True), ("other", False), ("B", False)]
)
def test_a_goal_may_be_somebodys(of: str, counts: bool) -> None:
    stage = Stage("#AG.B#", legend={"G": thing("goal", of=of)}, teams={"A": "team", "B": "other"})
    stage.step(A="east")
    assert stage.drawing == "#.A.B#"
    assert stage.of("reached", "A") == counts
    assert stage.of("pay", "A") == counts


def test_who_reaches_its_goal_may_leave_the_world() -> None:
    stage = Stage("#AG.B#", rules=settings(goals={"ends": "agent"})).step(A="east")
    assert stage.drawing == "#.G.B#"
    assert (stage.of("alive", "A"), stage.of("cell", "A"), stage.of("pay", "A")) == (0, 0, 1.0)
    assert stage.allowed("A") == {"stay"}
    assert stage.world.positions(stage.states)[0].tolist() == [[-1, -1], [0, 4]]
    stage.play(A="west west", B="west west")
    assert stage.drawing == "#.G..#"
    assert stage.of("pay", "A") == 0.0


def test_the_episode_may_end_when_all_have_reached() -> None:
    legend = {"G": thing("goal", of="us")}
    teams = {"A": "us", "B": "us", "E": "them"}
    stage = Stage("#GA.GB.E#", legend, settings(goals={"ends": "all"}), teams)
    assert stage.step(A="west").states[0]["over"] == 0
    assert stage.step(B="west").states[0]["over"] == 1  # E has no goal, so nobody waits for it
    assert stage.drawing == "#A..B..E#"
    assert (stage.of("alive", "A"), stage.of("alive", "B")) == (1, 1)


def test_all_that_have_a_goal_must_reach() -> None:
    rules = settings(goals={"ends": "all"})
    legend = {"G": thing("goal", of="A"), "H": thing("goal", of="B")}
    stage = Stage("#GA.BH.E#", rules=rules, legend=legend)
    assert stage.step(A="west").states[0]["over"] == 0
    assert stage.step(A="east", B="east").states[0]["over"] == 1


def test_one_of_the_goals_may_be_drawn_for_each_agent() -> None:
    room = """
        #####
        #G.G#
        #.A.#
        #G.G#
        #####
    """
    plans = ("north west", "north east", "south west", "south east")  # to the goals in reading order
    rules = settings(goals={"choose": "one"})
    picked = {Stage(room, rules=rules, seed=seed).of("goal_pick", "A"): seed for seed in range(40)}
    assert sorted(picked) == [0, 1, 2, 3]
    for goal, seed in picked.items():
        for number, plan in enumerate(plans):
            stage = Stage(room, rules=rules, seed=seed).play(A=plan)
            assert (stage.of("reached", "A"), stage.of("pay", "A")) == (goal == number, goal == number)


def test_only_own_goals_are_drawn() -> None:
    legend = {"G": thing("goal", of="A"), "H": thing("goal", of="B")}
    rules = settings(goals={"choose": "one"})
    stages = [Stage("#GA.BH.E#", legend, rules, seed=seed) for seed in range(8)]
    assert {(stage.of("goal_pick", "A"), stage.of("goal_pick", "B")) for stage in stages} == {(0, 1)}
    stage = stages[0].play(A="west", B="east")
    assert (stage.of("reached", "A"), stage.of("reached", "B")) == (1, 1)


def test_reached_goals_are_measured() -> None:
    stage = Stage("#AG.B#")
    measure = stage.world.measures["goal_reached"]
    assert measure.per_agent
    assert measure.read(stage.world, stage.states).tolist() == [[0.0, 0.0]]
    stage.step(A="east")
    assert measure.read(stage.world, stage.states).tolist() == [[1.0, 0.0]]
