"""Works out what takes long on one thread of its own, so that the thread that draws never waits."""

import copy
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from sandbox.world.world import World
from viewer.overlay import Overlay, Stale, View, key_of

Wanted = Callable[[], bool]
"""Whether somebody still waits for the answer."""


class Executor(Protocol):
    """Runs functions, in tests at once; `concurrent.futures.Executor` is one."""

    def submit(self, fn: Callable[[], None], /) -> Any:
        """Have a function run."""
        ...

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more."""
        ...


@dataclass(frozen=True)
class Answer:
    """What came of a question: a value, or a problem in one line."""

    key: Hashable
    value: Any = None
    problem: str = ""


class Worker:
    """Answers the newest question of each place (a pane, a panel) that asks, one after the other.

    All methods come back at once; whoever waits asks anew at each frame. Questions that are overtaken by a newer one of
    their place are dropped. One that is being worked on is told that nobody waits, and may raise Stale, unless the
    newer one is of the same kind: so there is something to see while a simulation plays faster than answers come. The
    last `most` answers are kept by their keys, and the last that each place got, to be shown meanwhile.
    """

    def __init__(self, executor: Executor | None = None, most: int = 256) -> None:
        self._executor = executor or ThreadPoolExecutor(1, "overlays")
        self._most = most
        self._lock = Lock()
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._waiting: dict[Hashable, tuple[Hashable, Hashable, Callable[[Wanted], Any]]] = {}
        self._asked: dict[Hashable, tuple[Hashable, Hashable]] = {}  # key and kind
        self._last: dict[Hashable, Answer] = {}
        self._now: Hashable = None
        self._running = self._closed = False
        self._twins: WeakKeyDictionary[World, World] = WeakKeyDictionary()

    @property
    def busy(self) -> bool:
        """Whether an answer for which somebody waits is still to come."""
        with self._lock:
            return any(key not in self._answers for key, _ in self._asked.values())

    def ask(
        self, key: Hashable, compute: Callable[[Wanted], Any], place: Hashable = "", kind: Hashable = None
    ) -> Answer | None:
        """The answer if it is known; else None, and `compute(wanted)` will be asked for it aside."""
        with self._lock:
            if self._closed:
                return None
            self._asked[place] = key, kind
            self._waiting.pop(place, None)
            if key in self._answers:
                return self._told(place, key)
            if self._now != (place, key):
                self._waiting[place] = key, kind, compute
            start = bool(self._waiting) and not self._running
            self._running |= start
        if start:
            self._executor.submit(self._work)
        with self._lock:  # an executor that works at once has it by now
            return self._answers.get(key)

    def last(self, place: Hashable = "") -> Answer | None:
        """The newest answer that this place got, which may be one to an older question."""
        with self._lock:
            return self._last.get(place)

    def layer(self, overlay: Overlay, view: View, place: Hashable = "") -> Answer | None:
        """The layer of an overlay, as for `ask`; what is not heavy is looked at on the spot.

        Aside it is looked at in a twin of the world, whose estimators keep what they know for themselves.
        """
        key = key_of(overlay, view)
        if overlay.heavy:

            def aside(wanted: Wanted) -> Any:
                return overlay.look(replace(view, world=self._twin(view.world), wanted=wanted))

            return self.ask(key, aside, place, (overlay.name, view.agent, view.horizon))
        with self._lock:
            self._waiting.pop(place, None)
            self._asked[place] = key, None
            if key not in self._answers:
                self._keep(self._answer(key, lambda wanted: overlay.look(view), lambda: True))
            return self._told(place, key)

    def forget(self, place: Hashable = "") -> None:
        """This place waits for nothing any more."""
        with self._lock:
            for kept in (self._waiting, self._asked, self._last):
                kept.pop(place, None)

    def clear(self) -> None:
        """Forget all questions and answers, as when another scenario is opened."""
        with self._lock:
            for kept in (self._waiting, self._asked, self._last, self._answers):
                kept.clear()

    def close(self) -> None:
        """Take no more questions; what is being worked on ends soon."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            self._asked.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        """Answer until nobody waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._running, self._now = False, None
                    return
                place = next(iter(self._waiting))
                key, kind, compute = self._waiting.pop(place)
                self._now = place, key
            try:
                answer = self._answer(key, compute, self._wanted(place, key, kind))
            except Stale:
                continue
            with self._lock:
                if not self._closed:
                    self._keep(answer)
                    if place in self._asked:
                        self._last[place] = answer

    def _wanted(self, place: Hashable, key: Hashable, kind: Hashable) -> Wanted:
        def wanted() -> bool:
            asked = self._asked.get(place)
            return asked is not None and (asked[0] == key or (kind is not None and asked[1] == kind))

        return wanted

    def _answer(self, key: Hashable, compute: Callable[[Wanted], Any], wanted: Wanted) -> Answer:
        try:
            return Answer(key, compute(wanted))
        except Stale:
            raise
        except Exception as problem:  # a window must not end because an overlay does
            text = str(problem).strip().partition("\n")[0]
            mistake = isinstance(problem, ValueError) and text
            return Answer(key, problem=text if mistake else f"{type(problem).__name__}: {text}".rstrip(": "))

    def _keep(self, answer: Answer) -> None:
        self._answers[answer.key] = answer
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)

    def _told(self, place: Hashable, key: Hashable) -> Answer:
        self._answers.move_to_end(key)
        self._last[place] = self._answers[key]
        return self._answers[key]

    def _twin(self, world: World) -> World:
        if world not in self._twins:
            self._twins[world] = copy.copy(world)
        return self._twins[world]
