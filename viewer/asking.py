"""Asks the worker for what the window shows beside the episodes: layers, consequences, the probe."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.experiments.probe import probe
from sandbox.world.world import World
from viewer.consequences import consequences
from viewer.lines import Told
from viewer.overlay import Layer, Overlay, Stale, View, overlays
from viewer.panes import Pane
from viewer.settings import Settings
from viewer.worker import Answer, Worker

MOST_LIVED = 300
"""Steps since the start up to which formulations that learn along are told of them before they are probed."""


class Asking:
    """What is asked of one worker; answers that are not there yet come at a later call."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._twins: dict[int, tuple[World, World]] = {}
        self._critics: dict[int, tuple[Any, Callable[[NDArray[Any]], NDArray[np.float64]]]] = {}
        self._past: tuple[Any, list[Any]] = (None, [])
        self._shared: tuple[tuple[int, ...], list[Layer]] = ((), [])

    def layers(self, panes: Sequence[Pane], settings: Settings) -> list[tuple[Layer | None, bool]]:
        """The layer of each pane and whether it is stale, all on one scale."""
        overlay = overlays().get(settings.overlay or "")
        if overlay is None:
            for number in range(len(panes)):
                self.worker.forget(("overlay", number))
            return [(None, False)] * len(panes)
        found = []
        for number, pane in enumerate(panes):
            place = "overlay", number
            answer = self.worker.layer(overlay, self.view(pane, settings, overlay), place)
            shown = answer or self.worker.last(place)
            found.append((layer_of(shown, overlay), answer is None))
        shared = self._on_one_scale([layer for layer, _ in found if layer is not None])
        return [(shared.pop(0) if layer else None, stale) for layer, stale in found]

    def view(self, pane: Pane, settings: Settings, overlay: Overlay) -> View:
        """The present of a pane, with what the overlay needs to know."""
        episode, needs = pane.episode, overlay.needs
        company = episode.company if "mixes" in needs else episode.seated
        return View(
            episode.world, episode.states, settings.agent or 0, settings.horizon,
            mixes=copy.deepcopy(company.mixes) if "mixes" in needs else (),
            minds=company.minds() if "minds" in needs else (),
            critics=self._critics_of(company.policies) if "critics" in needs else (),
            trail=pane.trail() if "trail" in needs or "visits" in needs else None,
        )  # fmt: skip

    def _critics_of(
        self, policies: Sequence[Any]
    ) -> list[Callable[[NDArray[Any]], NDArray[np.float64]] | None]:
        """Of trained policies what they expect; a planner's plans are no critic."""
        found: list[Callable[[NDArray[Any]], NDArray[np.float64]] | None] = []
        for policy in policies:
            say = getattr(policy, "values", None)
            if say is None or type(policy).__module__ == "sandbox.policies.planner":
                found.append(None)
                continue
            found.append(self._critics.setdefault(id(policy), (policy, say))[1])
        return found

    def _on_one_scale(self, layers: list[Layer]) -> list[Layer]:
        """The same layers with common ends of their scales; the same objects as long as nothing changed."""
        coloured = [layer for layer in layers if layer.cells is not None and not np.isnan(layer.cells).all()]
        arrowed = [layer for layer in layers if layer.arrows]
        if len(layers) < 2 or len(coloured) + len(arrowed) < 2:
            return list(layers)
        key = tuple(map(id, layers))
        if self._shared[0] != key:
            both = coloured or arrowed
            low, high = min(layer.low for layer in both), max(layer.high for layer in both)
            self._kept = layers  # so that no other layer gets the same id
            self._shared = key, [replace(layer, low=low, high=high) for layer in layers]
        return list(self._shared[1])

    def consequences(self, pane: Pane, settings: Settings) -> Told:
        """The selected agent's empowerment, and everybody's after each of its actions."""
        episode, agent, horizon = pane.episode, settings.agent, settings.horizon
        if agent is None or agent >= len(episode.agent_names):
            self.worker.forget("agent")
            return Told()
        world, states = self._twin(episode.world), episode.world.copy(episode.states)
        key = "consequences", id(episode.world), world.key(states).tobytes(), agent, horizon

        def work(wanted: Callable[[], bool]) -> Any:
            def check() -> None:
                if not wanted():
                    raise Stale

            return consequences(world, states, agent, horizon, check)

        told = self._told(self.worker.ask(key, work, "agent"), "agent")
        of_another = told.value is not None and (
            told.value.agent != agent or len(told.value.now) != len(episode.agent_names)
        )
        return Told(stale=True) if of_another else told

    def probed(self, pane: Pane, settings: Settings, still: bool) -> Told:
        """What every formulation pays here; asked anew only while nothing moves."""
        episode, agent = pane.episode, settings.agent or 0
        if not still:
            last = self.worker.last("probe")
            return Told(last.value, last.problem, True) if last else Told(stale=True)
        world, scenario = self._twin(episode.world), episode.scenario
        states = world.copy(episode.states)
        key = "probe", id(episode.world), states.tobytes(), agent, episode.branch, len(episode.changes)
        if self._past[0] != key:
            short = episode.first_step == 0 and episode.index <= MOST_LIVED
            self._past = key, list(episode.lived(episode.index)) if short else []
        past = self._past[1]

        def work(wanted: Callable[[], bool]) -> Any:
            def lived() -> Iterator[Any]:
                for step in past:
                    if not wanted():
                        raise Stale
                    yield step

            return probe(scenario, None, agent, states=states, past=lived(), world=world)

        answer = self.worker.ask(key, work, "probe")
        told = self._told(answer, "probe")
        of_another = told.value is not None and told.value.world.agent_ids != episode.world.agent_ids
        return Told(stale=True) if of_another else told

    def forget_panel(self, *tabs: str) -> None:
        """Nothing is wanted any more for these tabs."""
        for tab in tabs:
            self.worker.forget(tab)

    def clear(self) -> None:
        """Forget everything, as when another scenario is shown."""
        self.worker.clear()
        self._twins.clear()
        self._past = None, []
        self._critics.clear()

    def _told(self, answer: Answer | None, place: str) -> Told:
        shown = answer or self.worker.last(place)
        return Told(shown.value, shown.problem, answer is None) if shown else Told(stale=True)

    def _twin(self, world: World) -> World:
        """The same world for the worker's thread, which keeps for itself what it knows."""
        if id(world) not in self._twins:
            self._twins[id(world)] = world, copy.copy(world)
        return self._twins[id(world)][1]


def layer_of(answer: Answer | None, overlay: Overlay) -> Layer | None:
    """The layer of an answer; where there was a problem, one whose legend says so."""
    if answer is None:
        return None
    if answer.problem:
        return _problem(overlay, answer.problem)
    return answer.value


_problems: dict[tuple[str, str], Layer] = {}


def _problem(overlay: Overlay, text: str) -> Layer:
    if len(_problems) > 50:
        _problems.clear()
    return _problems.setdefault((overlay.name, text), Layer(overlay.title, notes=(text,)))
