"""The worker answers the newest question of each place, drops those that are overtaken, and never waits."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.drawn import Stage
from viewer.overlay import Layer, Overlay, Stale, View, overlays
from viewer.worker import Answer, Worker


class AtOnce:
    """Runs what it is given before it returns."""

    def submit(self, fn: Callable[[], None], /) -> None:
        fn()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


class Later(AtOnce):
    """Runs what it was given when the test says so."""

    def __init__(self) -> None:
        self.given: list[Callable[[], None]] = []

    def submit(self, fn: Callable[[], None], /) -> None:
        self.given.append(fn)

    def run(self) -> None:
        while self.given:
            self.given.pop(0)()


def says(value: Any, calls: list | None = None) -> Callable[[Any], Any]:
    def compute(wanted: Any) -> Any:
        if calls is not None:
            calls.append(value)
        return value

    return compute


def test_an_answer_is_kept_by_its_key_and_worked_out_once():
    worker, calls = Worker(AtOnce()), []
    assert worker.ask("a", says(1, calls)) == Answer("a", 1)
    assert worker.ask("a", says(2, calls)) == Answer("a", 1)
    assert calls == [1]
    assert not worker.busy


def test_the_newest_question_of_a_place_is_answered_and_older_ones_are_dropped():
    later, calls = Later(), []
    worker = Worker(later)
    for number in range(5):
        assert worker.ask(number, says(number, calls)) is None
    assert worker.busy
    assert worker.last() is None
    assert len(later.given) == 1
    later.run()
    assert calls == [4]
    assert worker.last() == Answer(4, 4)
    assert not worker.busy


def test_places_do_not_overtake_one_another():
    later = Later()
    worker = Worker(later)
    worker.ask("left", says(1), place=0)
    worker.ask("right", says(2), place=1)
    later.run()
    assert worker.last(0) == Answer("left", 1)
    assert worker.last(1) == Answer("right", 2)


def test_a_question_that_is_asked_anew_while_it_is_worked_on_is_not_queued_twice():
    worker, calls = Worker(AtOnce()), []

    def compute(wanted: Any) -> int:
        calls.append(worker.ask("a", compute))
        assert wanted()
        return 1

    assert worker.ask("a", compute) == Answer("a", 1)
    assert calls == [None]


def test_work_on_what_nobody_waits_for_ends_and_the_newest_comes_next():
    worker, seen = Worker(AtOnce()), []

    def compute(wanted: Any) -> int:
        worker.ask("b", says(2))
        seen.append(wanted())
        raise Stale

    assert worker.ask("a", compute) is None
    assert seen == [False]
    assert worker.last() == Answer("b", 2)
    assert not worker.busy


def test_what_is_overtaken_by_its_own_kind_is_finished_and_shown_meanwhile():
    worker, seen = Worker(AtOnce()), []

    def compute(wanted: Any) -> int:
        worker.ask("b", later, kind="map")
        seen.append(wanted())
        return 1

    def later(wanted: Any) -> int:
        seen.append(worker.last())
        worker.ask("c", says(3), kind="graph")
        seen.append(wanted())
        return 2

    worker.ask("a", compute, kind="map")
    assert seen == [True, Answer("a", 1), False]
    assert worker.last() == Answer("c", 3)


def test_the_last_answer_is_there_while_a_newer_one_is_worked_out():
    later = Later()
    worker = Worker(later)
    worker.ask("a", says(1))
    later.run()
    assert worker.ask("b", says(2)) is None
    assert worker.last() == Answer("a", 1)
    assert worker.busy
    assert worker.ask("a", says(1)) == Answer("a", 1)
    assert not worker.busy
    later.run()
    assert worker.last() == Answer("a", 1)  # nobody waited for b any more


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (
            ValueError("horizon 90 reaches too far: lower it\nand more"),
            "horizon 90 reaches too far: lower it",
        ),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_problem_is_one_line_and_no_end(problem: Exception, line: str):
    worker = Worker(AtOnce())

    def compute(wanted: Any) -> None:
        raise problem

    assert worker.ask("a", compute) == Answer("a", problem=line)
    assert worker.ask("b", says(2)) == Answer("b", 2)


def test_only_so_many_answers_are_kept():
    worker, calls = Worker(AtOnce(), most=3), []
    for number in range(10):
        worker.ask(number, says(number, calls))
    worker.ask(9, says(9, calls))
    worker.ask(7, says(7, calls))
    assert calls == [*range(10)]
    worker.ask(6, says(6, calls))
    assert calls[-1] == 6


def test_a_place_that_is_forgotten_waits_for_nothing():
    later, calls = Later(), []
    worker = Worker(later)
    worker.ask("a", says(1, calls))
    worker.forget()
    later.run()
    assert calls == []
    assert not worker.busy
    assert worker.last() is None
    worker.ask("a", says(1))
    later.run()
    worker.clear()
    assert worker.last() is None
    assert worker.ask("a", says(2)) is None


def test_a_closed_worker_takes_no_more():
    later, calls = Later(), []
    worker = Worker(later)
    worker.ask("a", says(1, calls))
    worker.close()
    later.run()
    assert worker.ask("b", says(2, calls)) is None
    assert calls == []
    assert not worker.busy


def test_asking_does_not_wait_for_the_thread_that_works():
    worker, go, done = Worker(), threading.Event(), threading.Event()
    threads = []

    def compute(wanted: Any) -> int:
        threads.append(threading.current_thread())
        go.wait(60)
        return 1

    def after(wanted: Any) -> int:
        done.set()
        return 2

    assert worker.ask("a", compute, "one") is None
    assert worker.busy
    assert worker.ask("b", after, "two") is None  # while the first still waits
    go.set()
    assert done.wait(60)
    worker.close()
    worker._executor.shutdown(wait=True)
    assert threads[0] is not threading.current_thread()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("overlays")]


def test_a_heavy_overlay_is_looked_at_in_a_twin_of_the_world_and_a_light_one_on_the_spot():
    stage, views = Stage("A...", bare=True), []

    def look(view: View) -> Layer:
        views.append(view)
        return Layer("seen")

    later = Later()
    worker = Worker(later)
    view = View(stage.world, stage.states)
    heavy = Overlay("heavy", "heavy", "1", "", True, ("states", "agent"), look)
    light = Overlay("light", "light", "2", "", False, ("states",), look)
    assert worker.layer(heavy, view) is None
    later.run()
    told = worker.layer(heavy, view)
    assert told is not None
    assert told.value.title == "seen"
    assert len(views) == 1
    assert views[0].world is not stage.world
    assert views[0].wanted()
    assert np.array_equal(views[0].world.key(views[0].states), stage.world.key(stage.states))
    assert worker.layer(light, view) is not None
    assert views[1].world is stage.world
    worker.layer(light, view)
    assert len(views) == 2
    assert not later.given
    stage.step(A="east")
    assert worker.layer(heavy, View(stage.world, stage.states)) is None
    assert worker.busy


def test_all_overlays_come_out_of_a_thread_as_they_do_without_one():
    stage = Stage("A..B.\n.....", bare=True)
    view = View(stage.world, stage.states, horizon=2)
    worker = Worker()
    for overlay in overlays().values():
        worker.layer(overlay, view, overlay.name)
    worker._executor.shutdown(wait=True)
    for overlay in overlays().values():
        answer, straight = worker.last(overlay.name), overlay.look(view)
        assert answer is not None
        assert answer.problem == ""
        assert answer.value.notes == straight.notes
        assert answer.value.arrows == straight.arrows
        if straight.cells is not None:
            np.testing.assert_array_equal(answer.value.cells, straight.cells)
