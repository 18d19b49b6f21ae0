"""Coins: taken by whoever comes first, paid less each time, shown in the looks, the last one may end it all."""

import numpy as np
import pytest

from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.codes import AGENT, CARRYING
from sandbox.world.mechanics.coins import Coin
from sandbox.world.world import World
from tests.drawn import Stage, settings


def stage_of(drawing: str, **coins) -> Stage:
    return Stage(drawing, rules=settings(movement={"share": True}, coins=coins), bare=True)


def test_each_further_coin_pays_less() -> None:
    stage = stage_of("Acccc.B", less=0.1)
    paid = [stage.step(A="east").of("pay", "A") for _ in range(5)]
    assert paid == pytest.approx([1.0, 0.9, 0.8, 0.7, 0.0])
    assert (stage.of("coins", "A"), stage.of("coins", "B")) == (4, 0)


def test_coins_show_in_the_looks() -> None:
    stage = stage_of("Acccc.B", less=0.1).step(A="east").step(A="east")
    assert (stage.of("look", "A"), stage.of("look", "B")) == (1 + 2 * 2, 2)
    assert stage.states[0]["cells"][stage.cell(0, 2), AGENT] == 5


def test_looks_grow_only_so_far() -> None:
    stage = Stage("A" + "c" * 40, rules=settings(coins={}), bare=True)
    for _ in range(40):
        stage.step(A="east")
    assert (stage.of("coins", "A"), stage.of("look", "A")) == (40, CARRYING - 1)


def test_of_two_on_a_coin_the_first_takes_it() -> None:
    stage = stage_of("ccAcB.c", less=0.1).step(A="east", B="west")
    assert (stage.of("coins", "A"), stage.of("coins", "B")) == (1, 0)


def test_the_last_coin_ends_the_episode() -> None:
    for ends, over in (("never", 0), ("all", 1)):
        stage = stage_of("AcccB..", ends=ends).step(A="east").step(A="east")
        assert stage.states[0]["over"] == 0
        assert stage.step(A="east").states[0]["over"] == over


def test_who_has_to_wait_takes_nothing() -> None:
    """Both begin on a coin, one has to wait: the other takes it, even by staying."""
    groups = tuple(Group(letter, letter, letter, "", 1, 1) for letter in "AB")
    starts = dict.fromkeys("AB", ((0, 1),))
    coins = tuple(Placed("coin", Coin(), 0, column, "c") for column in (1, 2))
    rules = settings(movement={"share": True}, head_start={"to": "one"}, coins={})
    world = World(Blueprint("waiting", ("...",), groups, starts, coins, settings=rules))
    states = world.new_states(50, 0)
    waiting = states["waiting"].copy()
    world.step(states, np.zeros((50, 2), int))
    assert {*waiting[:, 0].tolist()} == {0, 1}
    assert np.array_equal(states["coins"], 1 - waiting)


@pytest.mark.parametrize(
    ("split", "welfare", "equality"),
    [
        ((9, 0), 5.4, 0.0),
        ((8, 1), 6.2, 0.3226),
        ((7, 2), 6.8, 0.5588),
        ((6, 3), 7.2, 0.75),
        ((5, 4), 7.4, 0.9189),
    ],
)
def test_welfare_and_equality_of_the_published_splits(split, welfare: float, equality: float) -> None:
    """Bussmann, Heinerman and Lehman (2019): the k-th coin pays 1.1 - 0.1 k."""
    stage = stage_of("Acccc.B", less=0.1)
    stage.states[0]["coins"] = split
    measures = stage.world.measures
    assert measures["welfare"].read(stage.world, stage.states)[0] == pytest.approx(welfare)
    assert measures["equality"].read(stage.world, stage.states)[0] == pytest.approx(equality, abs=5e-5)


def test_nothing_earned_is_no_equality() -> None:
    stage = stage_of("Acccc.B", less=0.1)
    assert np.isnan(stage.world.measures["equality"].read(stage.world, stage.states)[0])
