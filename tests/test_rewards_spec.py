"""How rewards are named: text, mappings, objects, and one line for every mistake."""

from dataclasses import dataclass

import numpy as np
import pytest

import rewards
from rewards import Mix, Term, make, parse, split
from rewards.kindness import Kindness


def test_names():
    """The files of the folder, without the machinery."""
    assert {"task", "empowerment", "kindness", "equality"} <= set(rewards.names())
    assert not {"socket", "kernel_socket", "mix", "__init__"} & set(rewards.names())


def test_text():
    """Terms, weights and parameters."""
    assert parse("kindness") == {"kindness": {}}
    assert parse("task + 0.5*kindness:horizon=4:aggregate=min") == {
        "task": {},
        "kindness": {"weight": 0.5, "horizon": 4, "aggregate": "min"},
    }
    assert parse("-2*empowerment:outcome=world") == {"empowerment": {"weight": -2.0, "outcome": "world"}}
    assert parse("1e-3*task") == {"task": {"weight": 0.001}}
    assert parse("1e+3*task+kindness") == {"task": {"weight": 1000.0}, "kindness": {}}


def test_ways_to_say_the_same():
    """Text, mapping and object make the same mix; a mix stays what it is."""
    mixes = [
        make("2*kindness:horizon=1"),
        make({"kindness": {"weight": 2, "horizon": 1}}),
        Mix([Term("kindness", 2.0, Kindness(horizon=1))]),
    ]
    assert len({repr(mix) for mix in mixes}) == 1
    assert make(mixes[0]) is mixes[0]
    assert make({"task": None}).weights == {"task": 1.0}
    assert make({}).terms == ()


def test_an_object():
    """A formulation of one's own needs no file; it is logged by its class's name."""

    @dataclass
    class TidyRoom:
        def pay(self, transition, agent):
            return np.ones(len(transition.after))

    assert make(TidyRoom()).weights == {"tidy_room": 1.0}


@pytest.mark.parametrize(
    "text",
    [
        "0.5*kindness:horizon=4:aggregate=min+task",
        "kindness(horizon=4, aggregate=min)*0.5 + task",
        "5e-1 * kindness( horizon = 4 , aggregate=min ) + 1e+0*task()",
    ],
)
def test_three_ways_to_write_the_same(text):
    """Parentheses or colons, weights before or behind."""
    assert make(text).weights == {"kindness": 0.5, "task": 1.0}
    assert make(text).terms[0].formulation == Kindness(4, aggregate="min")


def test_commas_within_parentheses_do_not_part():
    """Several mixes in one text, as `compare` takes them."""
    assert split("task,kindness(horizon=1, aggregate=min)+task,task*2", ",") == [
        "task", "kindness(horizon=1, aggregate=min)+task", "task*2",
    ]  # fmt: skip


WRONG = {
    "two weights": ("2*task*3", "task has two weights"),
    "open": ("kindness(horizon=4", "is no term"),
    "twice in parentheses": ("kindness(horizon=1)(horizon=2)", "is no term"),
    "no value in parentheses": ("kindness(horizon)", "'horizon' is not param=value"),
    "unknown reward": ("kindnes", "unknown reward 'kindnes'; did you mean kindness\\?.*allowed: .*task"),
    "unknown parameter": (
        "kindness:horizons=3",
        "kindness: unknown parameter 'horizons'; did you mean horizon",
    ),
    "type": ("kindness:horizon=x", "kindness: horizon has to be int, not 'x'"),
    "float for int": ("kindness:horizon=2.0", "horizon has to be int"),
    "bool for int": ({"kindness": {"horizon": True}}, "horizon has to be int"),
    "choice": ("kindness:aggregate=max", "kindness: aggregate 'max' is unknown; .*allowed: sum, mean, min"),
    "outcome": ("empowerment:outcome=cel", "did you mean cell"),
    "range": ("empowerment:horizon=-1", "empowerment: horizon has to be a whole number"),
    "weight": ("x*task", "the weight 'x' is not a number"),
    "endless weight": ("inf*task", "weight"),
    "weight's type": ({"task": {"weight": "2"}}, "weight has to be float"),
    "no name": ("task+", "a term has no name"),
    "no value": ("kindness:horizon", "'horizon' is not param=value"),
    "twice": ("task+task", "named twice"),
    "given twice": ("kindness:horizon=1:horizon=2", "given horizon twice"),
    "params": ({"kindness": 3}, "expected a mapping"),
    "machinery": ("socket", "unknown reward"),
    "not a spec": (3, "no name, mapping"),
    "class": (Kindness, "no name, mapping"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes(name):
    """One line of ValueError that says what is wrong and what is allowed."""
    spec, message = WRONG[name]
    with pytest.raises(ValueError, match=message) as caught:
        make(spec)
    assert "\n" not in str(caught.value)


def test_a_mix_names_its_terms_once():
    """Two terms of one name would hide each other."""
    with pytest.raises(ValueError, match="once"):
        Mix([Term("a", 1.0, Kindness()), Term("a", 2.0, Kindness())])
