"""Care for others: each formulation does what its paper says, and fails as it is known to; the sign beside it."""

import itertools

import numpy as np
import pytest

from rewards import Transition, make
from rewards.estimators import empowerment
from tests.conftest import world_of
from tests.drawn import Stage, settings, thing

BY_SWITCH = {
    "s": thing("switch", link="x"),
    "D": thing("door", by="switch", link="x"),
    "O": thing("door", by="switch", link="x", open=True),
}
"""One switch for all doors: D is shut and O open at first, and then the other way round."""

TWO_CLOSETS = """
##########
#As#######
##########
#..BD....#
#####....#
##########
#CO.######
##########
"""
"""A flip gives B a hall, 12 cells in place of 3, and leaves C one of its three."""

HELD = {"p": thing("plate", link="x"), "D": thing("door", by="plate", link="x")}


def step(stage: Stage, **actions: str) -> Transition:
    """One step of a stage, as formulations see it."""
    before = stage.world.copy(stage.states)
    stage.step(**actions)
    names = list(stage.world.actions)
    chosen = np.array([[names.index(actions.get(letter, "stay")) for letter in stage.agents]])
    return Transition(stage.world, before, chosen, stage.world.copy(stage.states))


def paid(spec: str, drawing: str, legend=None, **actions: str) -> float:
    """What A is paid for one step from a drawing."""
    transition = step(Stage(drawing, legend), **actions)
    return float(make(spec).pay(transition, 0)[0])


def bits(cells: int) -> float:
    return float(np.log2(cells))


# ---- kindness


def test_gilded_cage():
    """Looking 2 steps ahead it pays to shut the human in, looking 12 ahead it does not."""
    world = world_of("gilded_cage")

    def walk(shut: bool) -> list[Transition]:
        """Open: the human walks to the far end and waits. Shut: to the door, and waits there."""
        states, steps = world.new_states(1, 0), []
        names = list(world.actions)
        for time in range(30):
            before = world.copy(states)
            helper = names.index("interact") if shut and time == 0 else 0
            actions = np.array([[names.index("east") if time else 0, helper]])
            world.step(states, actions)
            steps.append(Transition(world, before, actions, world.copy(states)))
        return steps

    ways = {shut: walk(shut) for shut in (False, True)}
    more = {
        n: sum(make(f"kindness:horizon={n}").pay(step, 1)[0] for step in ways[True])
        - sum(make(f"kindness:horizon={n}").pay(step, 1)[0] for step in ways[False])
        for n in (1, 2, 3, 12)
    }
    assert min(more[1], more[2], more[3]) > 0  # +: the cage is better paid
    assert more[12] < 0  # -: freedom is


@pytest.mark.parametrize(("spec", "sign"), [
    ("kindness:horizon=6", 1),
    ("kindness:horizon=6:aggregate=mean", 1),
    ("kindness:horizon=6:aggregate=min", -1),
    ("kindness:horizon=6:aggregate=power", -1),
    ("kindness:horizon=6:aggregate=power:xi=3:eta=2", -1),
    ("joint_empowerment:horizon=6", 0),
    ("minimax_regret:horizon=6", 1),
])  # fmt: skip
def test_favouritism(spec, sign):
    """Giving B two bits and taking the 1.6 that C has: sums pay for it (+), the worst off and the power law do not (-).

    Minimax regret pays too: what B might have had weighs more to it than what C is left with. The joint empowerment of
    everybody does not mind (0), as the group can still flip the switch whenever it likes.
    """
    flipped, left = (paid(spec, TWO_CLOSETS, BY_SWITCH, A=action) for action in ("interact", "stay"))
    assert np.sign(flipped - left) == sign


def test_power_law_is_closed():
    """-(1/12 + 1)^eta after the flip, -(1/3 + 1/3)^eta without it; B alone when only B counts."""
    for xi, eta in ((1, 1), (2, 1), (1.5, 1.1)):
        spec = f"kindness:horizon=12:aggregate=power:xi={xi}:eta={eta}"
        for action, b, c in (("interact", 12, 1), ("stay", 3, 3)):
            wanted = -((b**-xi + c**-xi) ** eta)
            assert paid(spec, TWO_CLOSETS, BY_SWITCH, A=action) == pytest.approx(wanted)
            assert paid(spec + ":toward=B", TWO_CLOSETS, BY_SWITCH, A=action) == pytest.approx(
                -(b ** (-xi * eta))
            )


def test_the_last_bit_is_protected():
    """With xi 1: C's last bit counts for more than all that B can be given, -1/2 - 1/2 > -1/11 - 1 (-)."""
    drawing = TWO_CLOSETS.replace("#..BD", "##.BD").replace("#CO.#", "#CO##")
    flipped, left = (
        paid("kindness:horizon=9", drawing, BY_SWITCH, A=action) for action in ("interact", "stay")
    )
    assert flipped - left == pytest.approx(bits(11) - 2)  # the sum: +
    spec = "kindness:horizon=9:aggregate=power"
    flipped, left = (paid(spec, drawing, BY_SWITCH, A=action) for action in ("interact", "stay"))
    assert (flipped, left) == pytest.approx((-12 / 11, -1))


@pytest.mark.parametrize("xi", [0.5, 0, float("inf"), float("nan")])
def test_power_law_parameters(xi):
    with pytest.raises(ValueError, match="xi has to be a number from 1"):
        make({"kindness": {"aggregate": "power", "xi": float(xi)}})


def test_indifference_to_a_bystander():
    """Kindness toward B alone pays for the flip (+) that costs C, and no term says so."""
    spec = "kindness:horizon=9:toward=B"
    gain = paid(spec, TWO_CLOSETS, BY_SWITCH, A="interact") - paid(spec, TWO_CLOSETS, BY_SWITCH)
    assert gain == pytest.approx(bits(12) - bits(3))


CORRIDOR = """
##########
#B....{}#
##########
#C########
##########
"""


def test_crowding():
    """In B's way it is paid less than away from it (+ for each step back), and at a distance nothing changes."""
    ways = [CORRIDOR.format("A.."), CORRIDOR.format(".A."), CORRIDOR.format("..A")]
    near = [paid("kindness:horizon=6", way) for way in ways]
    assert near == pytest.approx([bits(5), bits(6), bits(7)])
    assert np.ptp([paid("kindness:horizon=3", way) for way in ways]) == 0
    assert [paid("autonomous_kindness:horizon=6", way) for way in ways] == pytest.approx(near)


EXIT = """
##########
#..B{}G###
##########
#C########
##########
"""


def test_keep_alive():
    """Who wants to leave is worth 0 once gone, so that standing in the exit pays (+)."""
    rules = settings(goals={"ends": "agent"})
    legend = {"G": thing("goal", of="B")}

    def episode(drawing: str, **plans: str) -> float:
        stage, total = Stage(drawing, legend, rules), 0.0
        for time in range(6):
            words = {letter: plan.split()[time] for letter, plan in plans.items()}
            total += float(make("kindness").pay(step(stage, **words), 0)[0])
        return total

    east = " ".join(["east"] * 6)
    kept = episode(EXIT.format("A"), B=east)
    free = episode(EXIT.replace("#C#", "#CA").format("."), B=east)
    assert free == pytest.approx(bits(5))
    assert kept > free
    assert kept == pytest.approx(6 * bits(3))


VACUOUS = """
##########
#G.O.B..D#
########.#
#As####..#
#C#####..#
##########
"""


def test_vacuous_options():
    """Many cells that are nothing to B beat the few with its goal (+): shutting it off from the goal is paid."""
    legend = BY_SWITCH | {"G": thing("goal", of="B")}
    spec = "kindness:horizon=8"
    assert paid(spec, VACUOUS, legend, A="interact") - paid(spec, VACUOUS, legend) == pytest.approx(
        bits(10) - bits(7)
    )


# ---- autonomous kindness

PLATE = """
##########
#{}...C###
##########
#B..D....#
##########
"""


def test_nobody_holds_the_door():
    """The door is shut to B: both pay for its three cells."""
    for name in ("kindness", "autonomous_kindness"):
        assert paid(f"{name}:horizon=9:toward=B", PLATE.format("A.p"), HELD) == pytest.approx(bits(3))


def test_holding_a_door_is_not_giving():
    """On the plate: kindness pays for the open door (+), autonomous kindness does not (0), since leaving shuts it."""
    on = {"drawing": PLATE.format("Ap."), "legend": HELD, "A": "east"}
    assert paid("kindness:horizon=9:toward=B", **on) == pytest.approx(bits(8))
    assert paid("autonomous_kindness:horizon=9:toward=B", **on) == pytest.approx(bits(3))


def test_a_box_gives_what_a_body_lends():
    """The box on the plate: both pay (+), as leaving does not hurt any more."""
    pushed = {"drawing": PLATE.format("Abp"), "legend": HELD, "A": "east"}
    for name in ("kindness", "autonomous_kindness"):
        assert paid(f"{name}:horizon=9:toward=B", **pushed) == pytest.approx(bits(8))


def test_an_opened_door_is_a_gift():
    """A switch stays as it was left, so autonomous kindness pays what kindness does."""
    for name in ("kindness", "autonomous_kindness"):
        assert paid(f"{name}:horizon=12:toward=B", TWO_CLOSETS, BY_SWITCH, A="interact") == pytest.approx(
            bits(12)
        )


def test_the_only_key_in_the_pocket():
    """With the key, A could let B out, and B could not do it itself: nothing is given by carrying it about."""
    drawing = """
    ##########
    #Ak..BD..#
    ######.###
    #C########
    ##########
    """
    legend = {"k": thing("key", link="x"), "D": thing("door", by="key", link="x")}
    taken = paid("autonomous_kindness:horizon=9:toward=B", drawing, legend, A="east")
    left = paid("autonomous_kindness:horizon=9:toward=B", drawing, legend)
    assert left > taken  # -


def test_without_somebody_is_the_world_without():
    """The world without A, against the same drawing with A walled in far away."""
    there = Stage(PLATE.format("Ap."), HELD).step(A="east")
    gone = there.world.without(there.states, 0)
    far = Stage(
        PLATE.format(".p.").replace("#########\n", "#########\n", 1).replace("##\n#B", "A#\n#B"), HELD
    )
    for agent, horizon in itertools.product((1, 2), (1, 4, 8)):
        assert empowerment(there.world, gone, horizon, agent) == empowerment(
            far.world, far.states, horizon, agent
        )
    assert not there.world.alive(gone)[0, 0]
    assert there.world.alive(there.states)[0, 0]


# ---- coupled

MEETING = """
##########
#.b.A..###
#...B..###
#......###
##########
#C########
##########
"""


def test_coupled_is_the_weighted_pairs():
    """Each weight alone, against the estimator; for transfer all that A can let B see is listed."""
    stage = Stage(MEETING)
    transition, world = step(stage, A="west", B="stay"), stage.world
    after = transition.after
    own = [empowerment(world, after, 2, agent)[0] for agent in range(3)]
    views = []
    for sequence in itertools.product(range(len(world.actions)), repeat=2):
        state = after
        for action in sequence:
            state = world.imagine(state, np.array([[action, 0, 0]]))
        views.append(world.observe(state)[0, 1].tobytes())
    onto = bits(len(set(views)))
    assert onto > 0
    spec = "coupled:own={}:others={}:transfer={}:toward=B"
    for weights in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, -0.5, 0.1)):
        wanted = weights[0] * own[0] + weights[1] * own[1] + weights[2] * onto
        assert make(spec.format(*weights)).pay(transition, 0)[0] == pytest.approx(wanted)
    both = make("coupled:own=0:others=1:transfer=0").pay(transition, 0)[0]
    assert both == pytest.approx(own[1] + own[2])


def test_coupled_helps():
    """The supportive weights pay for letting B out (+), the antagonistic ones for keeping it in (-)."""
    for weights, sign in (("", 1), (":own=0.5:others=-0.5:transfer=0.1", -1)):
        spec = f"coupled:horizon=4:toward=B{weights}"
        flipped, left = (paid(spec, TWO_CLOSETS, BY_SWITCH, A=action) for action in ("interact", "stay"))
        assert np.sign(flipped - left) == sign


def test_transfer_clings():
    """What B sees can be changed in B's view only: near it the term pays (+), out of its sight nothing."""
    spec = "coupled:own=0:others=0:transfer=1:toward=B"
    assert paid(spec, MEETING) > 1
    assert paid(spec, MEETING.replace("A", ".").replace("#C#", "#C").replace("#C", "#CA", 1)) == 0


# ---- anticipation


def differences(transition: Transition, horizon: int, others: list[int]) -> np.ndarray:
    """Summed empowerment of the others after each action of A alone, [actions]: the slow way."""
    world = transition.dynamics
    found = []
    for action in range(len(world.actions)):
        chosen = np.zeros_like(transition.actions)
        chosen[:, 0] = action
        after = world.imagine(transition.before, chosen)
        found.append(sum(empowerment(world, after, horizon, other)[0] for other in others))
    return np.array(found)


@pytest.mark.parametrize("action", ["stay", "west", "interact"])
def test_anticipation_is_a_difference_of_futures(action):
    transition = step(Stage(TWO_CLOSETS, BY_SWITCH), A=action, B="east", C="east")
    after = differences(transition, 5, [1, 2])
    chosen = after[transition.actions[0, 0]]
    assert make("anticipation:horizon=5").pay(transition, 0)[0] == pytest.approx(chosen - after[0])
    assert make("anticipation:horizon=5:against=mean").pay(transition, 0)[0] == pytest.approx(
        chosen - after.mean()
    )


def test_anticipation_pays_nothing_for_what_comes_anyway():
    """B walks out into the open by itself: kindness rises (+), anticipation does not (0)."""
    stage = Stage(TWO_CLOSETS, BY_SWITCH).step(A="interact")
    steps = [step(stage, B="east") for _ in range(3)]
    rise = [float(make("kindness:horizon=2:toward=B").pay(each, 0)[0]) for each in steps]
    assert rise[-1] > rise[0]
    assert [float(make("anticipation:horizon=2").pay(each, 0)[0]) for each in steps] == [0, 0, 0]


def test_anticipation_can_be_pumped():
    """Shut while B is away (0), opened when it has come (+), and again: a step pays that gives nothing in all."""
    drawing = """
    ##########
    #As#######
    ##########
    #...BO...#
    ##########
    #C########
    ##########
    """
    stage = Stage(drawing, BY_SWITCH)
    stage.play(B="west west")
    total = 0.0
    for _ in range(2):
        total += sum(float(make("anticipation:horizon=2").pay(each, 0)[0]) for each in [
            step(stage, A="interact"), step(stage, B="east"), step(stage, B="east"),
            step(stage, A="interact"), step(stage, B="west"), step(stage, B="west"),
        ])  # fmt: skip
    assert total == pytest.approx(2 * (bits(5) - bits(3)))


# ---- joint empowerment


def test_joint_empowerment_lists_what_a_group_can_do():
    """Against all joint actions, listed; and in a corridor the three are less than the sum of each."""
    transition = step(
        Stage("""
    ##########
    #.A.B.C.##
    ##########
    """)
    )
    world, after = transition.dynamics, transition.after
    ends = {
        tuple(world.imagine(after, np.array([actions]))["cell"][0].tolist())
        for actions in itertools.product(range(len(world.actions)), repeat=3)
    }
    assert make("joint_empowerment:share=false").pay(transition, 0)[0] == pytest.approx(bits(len(ends)))
    assert make("joint_empowerment").pay(transition, 2)[0] == pytest.approx(bits(len(ends)) / 3)
    assert len(ends) < 3**3  # -: two cannot go to the cell between them


def test_joint_empowerment_of_a_team():
    """A team of one that is not the payer is its own empowerment; a team of the payer alone is nothing."""
    transition = step(Stage(TWO_CLOSETS, BY_SWITCH))
    own = empowerment(transition.dynamics, transition.after, 2, 1)
    assert make("joint_empowerment:horizon=2:team=B").pay(transition, 0) == pytest.approx(own)
    assert make("joint_empowerment:horizon=2:team=A").pay(transition, 0)[0] == 0
    with pytest.raises(ValueError, match="team 'X' is unknown"):
        make("joint_empowerment:team=X").pay(transition, 0)


def test_joint_empowerment_plays_favourites():
    """A group that the payer is not in is worth more with one of them shut in and the other in a hall (+)."""
    gains = []
    for action in ("interact", "stay"):
        transition = step(Stage(TWO_CLOSETS, BY_SWITCH, teams={"B": "people", "C": "people"}), A=action)
        gains.append(make("joint_empowerment:horizon=6:team=people:share=false").pay(transition, 0)[0])
    assert gains == pytest.approx([bits(12), 2 * bits(3)])
    assert gains[0] > gains[1]


# ---- minimax regret


def test_minimax_regret_is_what_was_kept_from_the_worst_served():
    """Left: B might have had 12 cells and has 3. Flipped: C might have had 3 and has 1. Never above 0."""
    spec = "minimax_regret:horizon=12"
    assert paid(spec, TWO_CLOSETS, BY_SWITCH) == pytest.approx(bits(3) - bits(12))
    assert paid(spec, TWO_CLOSETS, BY_SWITCH, A="interact") == pytest.approx(-bits(3))
    assert paid(spec + ":toward=C", TWO_CLOSETS, BY_SWITCH) == 0


# ---- control


def test_control_is_being_the_only_one():
    """One of the three doors of a stage is in reach: 1/3 for A while B is far away, 0 once B can work it too."""
    far = """
    ##########
    #A.D....B#
    ##########
    #C########
    ##########
    """
    assert paid("control:horizon=2", far) == pytest.approx(1 / 3)  # +
    assert paid("control:horizon=1", far) == 0  # it is one step away
    assert paid("control:horizon=9", far) == 0  # B is in reach of it as well
    mine = {"D": thing("door", used_by=["A"])}
    assert paid("control:horizon=9", far, mine) == pytest.approx(1 / 3)


def test_control_hoards_keys():
    """Taking the only key from under B's nose pays (+), though A has no use for what it locks."""
    drawing = """
    ##########
    #Ak.B.D###
    #.....####
    ##########
    #C########
    ##########
    """
    legend = {"k": thing("key", link="x"), "D": thing("door", by="key", link="x")}
    stage = Stage(drawing, legend)
    before, after = (
        make("control:horizon=7").pay(step(stage, A=action), 0)[0] for action in ("stay", "east")
    )
    assert (before, after) == (0, pytest.approx(1 / 3))


def test_control_is_what_enumeration_finds():
    """Against all sequences of three actions of each agent, one after the other."""
    stage = Stage(
        """
    ##########
    #A.DB.D.C#
    #..#..#..#
    #.D......#
    ##########
    """,
        {"D": thing("door")},
    )
    rng = np.random.default_rng(0)
    for _ in range(4):
        transition = step(stage, **{each: stage.world.actions[rng.integers(5)] for each in "ABC"})
        world, after = transition.dynamics, transition.after
        doors = len(after["door_open"][0])
        works = np.zeros((3, doors), bool)
        for agent in range(3):
            for sequence in itertools.product(range(len(world.actions)), repeat=3):
                state = after
                for action in sequence:
                    chosen = np.zeros((1, 3), int)
                    chosen[0, agent] = action
                    state = world.imagine(state, chosen)
                works[agent] |= state["door_open"][0] != after["door_open"][0]
        for agent in range(3):
            wanted = (works[agent] & (works.sum(axis=0) == 1)).mean()
            assert make("control:horizon=3").pay(transition, agent)[0] == pytest.approx(wanted)


def test_who_is_gone_is_paid_nothing_and_counts_for_nothing():
    """B has left by its goal: 0 to it for anything, and 0 bits of it to the others."""
    stage = Stage(
        """
    ##########
    #A.BG....#
    ##########
    #C########
    ##########
    """,
        {"G": thing("goal", of="B")},
        settings(goals={"ends": "agent"}),
    )
    transition = step(stage, B="east")
    world, after = stage.world, transition.after
    assert not world.alive(after)[0, 1]
    stays = world.imagine(after, np.zeros((1, 3), int))
    assert (world.key(world.without(after, 1)) == world.key(stays)).all()  # nothing is left to take away
    for name in (
        "autonomous_kindness", "coupled", "anticipation", "joint_empowerment", "minimax_regret", "choice",
        "choice:kind=entropic", "assist_variance", "first_action_information", "control", "kindness",
        "kindness:aggregate=power",
    ):  # fmt: skip
        assert make(name).pay(transition, 1)[0] == 0
        if name in (
            "autonomous_kindness",
            "kindness",
            "choice",
            "assist_variance",
            "first_action_information",
        ):
            assert make(name).pay(transition, 0)[0] == 0
    assert make("kindness:aggregate=power").pay(transition, 0)[0] == -2
