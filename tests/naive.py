"""The world once more, slow and obvious: plain Python written from the rules alone; kernels must equal it."""

import copy
import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FLOOR, PLATE, SWITCH, GOAL, DOOR_OPEN, WALL, DOOR_CLOSED, DOOR_LOCKED = 0, 2, 3, 4, 5, 64, 65, 66
NOTHING, KEY, ITEM, COIN, OWN_COIN, OTHERS_COIN, COLOURED, BOX = 0, 1, 2, 3, 4, 5, 8, 64
SOLID, CARRYING, CROWD = 64, 32, 64

SHIFT = {0: (0, 0), 1: (-1, 0), 2: (1, 0), 3: (0, -1), 4: (0, 1)}
OPPOSITE = {1: 2, 2: 1, 3: 4, 4: 3}
STEERING = {"stay": 0, "north": 1, "south": 2, "west": 3, "east": 4}
PULLING = {"pull_north": 1, "pull_south": 2, "pull_west": 3, "pull_east": 4}

Cell = tuple[int, int]


@dataclass
class Plain:
    """One state as lists of plain values; cells are (row, column), None means nowhere."""

    cell: list[Cell | None]
    alive: list[bool]
    clock: int
    over: bool
    boxes: set[Cell] = field(default_factory=set)
    door_open: list[bool] = field(default_factory=list)
    key_cell: list[Cell | None] = field(default_factory=list)
    carrying: list[int | None] = field(default_factory=list)
    item_here: list[bool] = field(default_factory=list)
    reached: list[bool] = field(default_factory=list)
    goal_pick: list[int] = field(default_factory=list)  # which goal counts, -1: any
    harmed_by: list[int | None] = field(default_factory=list)
    lived: list[int] = field(default_factory=list)
    waiting: list[bool] = field(default_factory=list)
    coins: list[int] = field(default_factory=list)
    coin_here: list[bool] = field(default_factory=list)
    coloured: list[tuple[Cell | None, int]] = field(default_factory=list)  # where, and whose
    own_taken: list[int] = field(default_factory=list)
    others_taken: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    action: list[int] = field(default_factory=list)
    moved: list[bool] = field(default_factory=list)
    pay: list[float] = field(default_factory=list)


class NaiveWorld:
    """The rules of the game for one blueprint, each as directly as it can be said."""

    def __init__(self, blueprint: Any) -> None:
        self.blueprint = blueprint
        self.rows, self.columns = len(blueprint.rows), len(blueprint.rows[0])
        members = [group for group in blueprint.groups for _ in range(group.count)]
        self.agent_count = len(members)
        self.agents = range(self.agent_count)
        self.groups = [group.name for group in members]
        self.teams = [group.team for group in members]
        self.views = [group.view for group in members]
        self.pad = max(1, *self.views)
        self.stride = self.columns + 2 * self.pad
        self.looks = [group.look or group.team for group in members]
        self.look_numbers = {look: number for number, look in enumerate(dict.fromkeys(self.looks))}
        self.walls = {(thing.row, thing.column) for thing in blueprint.things if thing.name == "wall"}
        self.walls |= {
            (row, column)
            for row, line in enumerate(blueprint.rows)
            for column, letter in enumerate(line)
            if letter == "#"
        }
        self.doors = self.all_of("door")
        self.plates = self.all_of("plate")
        self.switches = self.all_of("switch")
        self.keys = self.all_of("key")
        self.items = self.all_of("item")
        self.goals = self.all_of("goal")
        self.coins = self.all_of("coin")
        self.box_count = len(self.all_of("box"))
        boxes, goals = blueprint.settings.get("boxes"), blueprint.settings.get("goals")
        self.pull = bool(boxes and boxes.pull and self.box_count)
        self.pushed_by = tuple(boxes.pushed_by) if boxes else ()
        self.ends = goals.ends if goals else "never"
        self.choose = goals.choose if goals else "any"
        self.torus = blueprint.torus
        movement, living = blueprint.settings.get("movement"), blueprint.settings.get("living")
        self.shared = bool(movement and movement.share)
        self.living_pays = living.pays if living else 0.0
        self.harm = blueprint.settings.get("harm")
        self.coin_rules = blueprint.settings.get("coins")
        self.coloured = blueprint.settings.get("coloured_coins")
        self.coloured_count = self.coloured.count if self.coloured else 0
        self.actions = list(STEERING)
        if self.switches or any(params.by == "interact" for _, params in self.doors):
            self.actions.append("interact")
        if self.keys:
            self.actions.append("drop")
        if self.pull:
            self.actions += list(PULLING)

    def all_of(self, name: str) -> list[tuple[Cell, Any]]:
        return [
            ((thing.row, thing.column), thing.params) for thing in self.blueprint.things if thing.name == name
        ]

    # What is where

    def inside(self, cell: Cell) -> bool:
        return 0 <= cell[0] < self.rows and 0 <= cell[1] < self.columns

    def neighbour(self, cell: Cell, direction: int) -> Cell:
        if direction == 0:
            return cell
        there = self.wrapped((cell[0] + SHIFT[direction][0], cell[1] + SHIFT[direction][1]))
        fences = self.blueprint.fences
        if (*cell, direction) in fences or (*there, OPPOSITE[direction]) in fences:
            return cell
        return there

    def wrapped(self, cell: Cell) -> Cell:
        return (cell[0] % self.rows, cell[1] % self.columns) if self.torus else cell

    def near(self, one: Cell, other: Cell) -> bool:
        return distance(one, other) <= 1 or any(self.neighbour(one, way) == other for way in OPPOSITE)

    def ground(self, plain: Plain, cell: Cell) -> int:
        if not self.inside(cell) or cell in self.walls:
            return WALL
        for number, (where, params) in enumerate(self.doors):
            if where == cell:
                if plain.door_open[number]:
                    return DOOR_OPEN
                return DOOR_LOCKED if params.by == "key" else DOOR_CLOSED
        for things, code in ((self.plates, PLATE), (self.switches, SWITCH), (self.goals, GOAL)):
            if any(where == cell for where, _ in things):
                return code
        return FLOOR

    def thing(self, plain: Plain, cell: Cell) -> int:
        if cell in plain.boxes:
            return BOX
        if cell in plain.key_cell:
            return KEY
        for (where, _), here in zip(self.items, plain.item_here, strict=True):
            if where == cell and here:
                return ITEM
        for (where, _), here in zip(self.coins, plain.coin_here, strict=True):
            if where == cell and here:
                return COIN
        for where, owner in plain.coloured:
            if where == cell:
                return COLOURED + owner
        return NOTHING

    def agent_at(self, plain: Plain, cell: Cell) -> int | None:
        """The first agent on a cell."""
        return plain.cell.index(cell) if cell in plain.cell else None

    def look(self, plain: Plain, agent: int) -> int:
        look = 1 + self.look_numbers[self.looks[agent]]
        for _ in range(plain.coins[agent]):
            if look + len(self.look_numbers) < CARRYING:
                look += len(self.look_numbers)
        carries = plain.carrying[agent] is not None
        return look + (CARRYING if carries else 0)

    def shown(self, plain: Plain, cell: Cell) -> int:
        """What the plane of agents says of a cell."""
        first = self.agent_at(plain, cell)
        if first is None:
            return 0
        return self.look(plain, first) + (CROWD if plain.cell.count(cell) > 1 else 0)

    def paid(self, plain: Plain, agent: int, amount: float) -> None:
        """Add to a pay, in the precision of records."""
        plain.pay[agent] = float(np.float32(plain.pay[agent]) + np.float32(amount))

    def may_push(self, agent: int) -> bool:
        return not self.pushed_by or self.teams[agent] in self.pushed_by

    def own_goals(self, agent: int) -> list[tuple[int, Cell, Any]]:
        return [
            (number, cell, params)
            for number, (cell, params) in enumerate(self.goals)
            if params.of in ("", self.teams[agent], self.groups[agent])
        ]

    def tie_order(self, clock: int) -> list[int]:
        count = self.agent_count
        way = 1 if (clock // count) % 2 == 0 else -1
        return [(clock + way * i) % count for i in range(count)]

    # Records

    def flat(self, cell: Cell | None) -> int:
        return 0 if cell is None else (cell[0] + self.pad) * self.stride + cell[1] + self.pad

    def unflat(self, number: Any) -> Cell | None:
        row, column = divmod(int(number), self.stride)
        return None if number == 0 else (row - self.pad, column - self.pad)

    def read(self, record: Any) -> Plain:
        """What a record says is true; its caches are left aside."""

        def values(name: str, count: int, missing: Any) -> list[Any]:
            return record[name][:count].tolist() if name in record.dtype.names else [missing] * count

        def cells(name: str, count: int) -> list[Cell | None]:
            return [self.unflat(number) for number in values(name, count, 0)]

        agents = self.agent_count
        return Plain(
            cell=cells("cell", agents),
            alive=[bool(value) for value in values("alive", agents, 1)],
            clock=int(record["clock"]),
            over=bool(record["over"]),
            boxes={cell for cell in cells("box_cell", self.box_count) if cell},
            door_open=[bool(value) for value in values("door_open", len(self.doors), 0)],
            key_cell=cells("key_cell", len(self.keys)),
            carrying=[value - 1 if value else None for value in values("carrying", agents, 0)],
            item_here=[bool(value) for value in values("item_here", len(self.items), 0)],
            reached=[bool(value) for value in values("reached", agents, 0)],
            goal_pick=values("goal_pick", agents, -1),
            harmed_by=[value - 1 if value else None for value in values("harmed_by", agents, 0)],
            lived=values("lived", agents, 0),
            waiting=[bool(value) for value in values("waiting", agents, 0)],
            coins=values("coins", agents, 0),
            coin_here=[bool(value) for value in values("coin_here", len(self.coins), 0)],
            coloured=self.coloured_in(record),
            own_taken=values("own_taken", agents, 0),
            others_taken=values("others_taken", agents, 0),
            lost=values("lost", agents, 0),
            action=values("action", agents, 0),
            moved=[bool(value) for value in values("moved", agents, 0)],
            pay=values("pay", agents, 0.0),
        )

    def coloured_in(self, record: Any) -> list[tuple[Cell | None, int]]:
        if not self.coloured_count:
            return []
        owners = record["coloured_of"].tolist()
        return [(self.unflat(cell), of) for cell, of in zip(record["coloured_cell"], owners, strict=True)]

    def write(self, plain: Plain, template: Any) -> Any:
        """The record of `plain`, every byte; only the random numbers' key and count come from `template`."""
        full = [
            cell for row in range(self.rows) for cell in [(row, column) for column in range(self.columns)]
        ]
        cells = np.zeros(template["cells"].shape, np.uint8)
        who = np.zeros(template["who"].shape, np.uint8)
        cells[:, 0] = WALL
        for cell in full:
            cells[self.flat(cell), :2] = self.ground(plain, cell), self.thing(plain, cell)
        for agent in self.agents:
            if plain.cell[agent] is not None:
                cells[self.flat(plain.cell[agent]), 2] = self.shown(plain, at(plain, agent))
                who[self.flat(plain.cell[agent])] = plain.cell.index(plain.cell[agent]) + 1
        places = [self.flat(cell) for cell in plain.cell]
        said = {
            "cell": places,
            "alive": plain.alive,
            "box_cell": sorted(self.flat(cell) for cell in plain.boxes),
            "door_open": plain.door_open,
            "key_cell": [self.flat(cell) for cell in plain.key_cell],
            "carrying": [0 if key is None else key + 1 for key in plain.carrying],
            "item_here": plain.item_here,
            "reached": plain.reached,
            "goal_pick": plain.goal_pick,
            "harmed_by": [0 if by is None else by + 1 for by in plain.harmed_by],
            "lived": plain.lived,
            "waiting": plain.waiting,
            "coins": plain.coins,
            "coin_here": plain.coin_here,
            "coloured_cell": [self.flat(cell) for cell, _ in plain.coloured],
            "coloured_of": [owner for _, owner in plain.coloured],
            "own_taken": plain.own_taken,
            "others_taken": plain.others_taken,
            "lost": plain.lost,
            "clock": plain.clock,
            "over": plain.over,
            "rng_key": template["rng_key"],
            "rng_count": template["rng_count"],
            "action": plain.action,
            "target": places,
            "moved": plain.moved,
            "pay": plain.pay,
            "door_wish": [0] * len(self.doors),
            "look": [self.look(plain, agent) for agent in self.agents],
            "cells": cells,
            "who": who,
        }
        record: Any = np.zeros(1, template.dtype)
        for name in said.keys() & set(template.dtype.names):  # what fills up words stays zero
            if record[name].ndim > 1:  # an array: what it has beyond the things that exist stays zero
                record[name][0, : len(said[name])] = said[name]
            else:
                record[name][0] = said[name]
        return record[0]

    # The step

    def step(self, plain: Plain, actions: Any, slipped: Any = None) -> Plain:
        """The next state. `actions` are the chosen ones; `slipped`, where given, are the executed ones."""
        plain = copy.deepcopy(plain)
        executed = [int(action) for action in (actions if slipped is None else slipped)]
        executed = [0 if plain.waiting[agent] else action for agent, action in enumerate(executed)]
        names = [self.actions[action] for action in executed]
        order = [agent for agent in self.tie_order(plain.clock) if plain.alive[agent]]
        living = sorted(order)
        plain.action = executed
        plain.moved = [False for _ in self.agents]
        plain.pay = [0.0 for _ in self.agents]
        old = list(plain.cell)
        direction = {agent: STEERING.get(names[agent], PULLING.get(names[agent], 0)) for agent in living}
        target = {agent: self.neighbour(at(plain, agent), direction[agent]) for agent in living}

        if self.living_pays:
            for agent in living:
                plain.lived[agent] += 1
                self.paid(plain, agent, self.living_pays)
        self.use_doors(plain, living, names, target)
        self.push_boxes(plain, order, names, direction, target)
        self.move(plain, order, target)
        self.pull_boxes(plain, order, names, old)
        self.take_keys(plain, living)
        self.strike(plain, direction)
        self.press_plates(plain)
        self.take_items(plain, living)
        self.take_coins(plain, living)
        self.take_coloured_coins(plain, order)
        self.reach_goals(plain, living)
        plain.clock += 1
        plain.waiting = [False for _ in self.agents]
        return plain

    def renewed(self, plain: Plain, record: Any) -> Plain:
        """The state after chance, which is known from a record, has laid coloured coins anew where it may."""
        plain = copy.deepcopy(plain)
        for number, (where, owner) in enumerate(self.coloured_in(record)):
            last = plain.coloured[number][1]
            if plain.coloured[number][0] is None and where is not None:
                assert self.ground(plain, where) < SOLID
                assert self.thing(plain, where) == NOTHING
                assert self.agent_at(plain, where) is None
                assert self.coloured.owners == "chance" or owner == (last + 1) % self.agent_count
                plain.coloured[number] = (where, owner)
        return plain

    def use_doors(self, plain: Plain, living: list[int], names: list[str], target: dict[int, Cell]) -> None:
        toggles = [0 for _ in self.doors]
        opened = [False for _ in self.doors]
        for agent in living:
            here = at(plain, agent)
            held = plain.carrying[agent]
            for number, (cell, params) in enumerate(self.doors):
                if names[agent] == "interact":
                    if params.by == "switch":
                        toggles[number] += sum(
                            self.near(here, switch) and made.link == params.link
                            for switch, made in self.switches
                        )
                    if params.by == "interact" and self.may_use(agent, params) and self.near(here, cell):
                        toggles[number] += 1
                locked = params.by == "key" and not plain.door_open[number]
                fits = held is not None and self.keys[held][1].link == params.link
                if locked and fits and target[agent] == cell:
                    opened[number] = True
            if names[agent] == "drop" and held is not None and self.thing(plain, here) == NOTHING:
                plain.key_cell[held] = here
                plain.carrying[agent] = None
        for number in range(len(self.doors)):
            if opened[number]:
                plain.door_open[number] = True
            if toggles[number] % 2 == 1:
                self.wish(plain, number, not plain.door_open[number])

    def may_use(self, agent: int, params: Any) -> bool:
        return not params.used_by or self.teams[agent] in params.used_by

    def wish(self, plain: Plain, number: int, wanted: bool) -> None:
        cell = self.doors[number][0]
        occupied = self.agent_at(plain, cell) is not None or self.thing(plain, cell) != NOTHING
        if wanted or not occupied:
            plain.door_open[number] = wanted

    def can_push(self, plain: Plain, agent: int, box: Cell, direction: int) -> bool:
        beyond = self.neighbour(box, direction)
        return (
            self.may_push(agent)
            and beyond != box
            and self.ground(plain, beyond) < SOLID
            and self.thing(plain, beyond) == NOTHING
            and self.agent_at(plain, beyond) is None
        )

    def push_boxes(
        self,
        plain: Plain,
        order: list[int],
        names: list[str],
        direction: dict[int, int],
        target: dict[int, Cell],
    ) -> None:
        for agent in order:
            box = target[agent]
            if names[agent] not in STEERING or direction[agent] == 0 or box not in plain.boxes:
                continue
            beyond = self.neighbour(box, direction[agent])
            wanted = any(target[other] == beyond for other in order if other != agent)
            if self.can_push(plain, agent, box, direction[agent]) and not wanted:
                plain.boxes.remove(box)
                plain.boxes.add(beyond)

    def move(self, plain: Plain, order: list[int], target: dict[int, Cell]) -> None:
        if self.shared:
            for agent in order:
                there = target[agent]
                solid = self.ground(plain, there) >= SOLID or self.thing(plain, there) >= SOLID
                if there != plain.cell[agent] and not solid:
                    plain.cell[agent] = there
                    plain.moved[agent] = True
            return
        movers: dict[int, Cell] = {}
        for agent in order:
            there = target[agent]
            solid = self.ground(plain, there) >= SOLID or self.thing(plain, there) >= SOLID
            if there != plain.cell[agent] and not solid and there not in movers.values():
                movers[agent] = there
        changed = True
        while changed:
            changed = False
            for agent, there in list(movers.items()):
                other = self.agent_at(plain, there)
                if other is not None and (other not in movers or movers[other] == plain.cell[agent]):
                    del movers[agent]
                    changed = True
                    movers.pop(other, None)
                    break
        for agent, there in movers.items():
            plain.cell[agent] = there
            plain.moved[agent] = True

    def pull_boxes(self, plain: Plain, order: list[int], names: list[str], old: list[Cell | None]) -> None:
        for agent in order:
            left = old[agent]
            if left is None or names[agent] not in PULLING or not plain.moved[agent]:
                continue
            box = self.neighbour(left, OPPOSITE[PULLING[names[agent]]])
            empty = self.agent_at(plain, left) is None and self.thing(plain, left) == NOTHING
            if box in plain.boxes and empty and self.may_push(agent):
                plain.boxes.remove(box)
                plain.boxes.add(left)

    def take_keys(self, plain: Plain, living: list[int]) -> None:
        for agent in living:
            if plain.moved[agent] and plain.carrying[agent] is None and plain.cell[agent] in plain.key_cell:
                key = plain.key_cell.index(plain.cell[agent])
                plain.carrying[agent] = key
                plain.key_cell[key] = None

    def press_plates(self, plain: Plain) -> None:
        if not self.plates:
            return
        pressed = {
            params.link
            for cell, params in self.plates
            if cell in plain.boxes or self.agent_at(plain, cell) is not None
        }
        for number, (_, params) in enumerate(self.doors):
            if params.by == "plate":
                self.wish(plain, number, params.link in pressed)

    def take_items(self, plain: Plain, living: list[int]) -> None:
        for agent in living:
            for number, (cell, params) in enumerate(self.items):
                if cell == plain.cell[agent] and plain.item_here[number]:
                    plain.item_here[number] = False
                    self.paid(plain, agent, params.pays)

    def strike(self, plain: Plain, direction: dict[int, int]) -> None:
        if not self.harm:
            return
        for name in self.harm.done_by:
            for striker in self.agents:
                if name not in (self.teams[striker], self.groups[striker]):
                    continue
                for agent in self.agents:
                    other_team = self.teams[agent] != self.teams[striker]
                    if plain.alive[striker] and plain.alive[agent] and other_team:
                        if self.is_struck(at(plain, agent), at(plain, striker), striker, direction[agent]):
                            plain.harmed_by[agent] = striker
                            plain.alive[agent] = plain.moved[agent] = False
                            plain.cell[agent] = None
                            if {self.teams[agent], self.groups[agent]} & {*self.harm.ended_by}:
                                plain.over = True

    def is_struck(self, here: Cell, striker_at: Cell, striker: int, stepped: int) -> bool:
        sides = [STEERING[side] for side in self.harm.sides]
        if here == striker_at:
            strikes_here = {self.teams[striker], self.groups[striker]} & {*self.harm.same_cell_by}
            return bool(strikes_here) and stepped not in sides
        return (here[0] - striker_at[0], here[1] - striker_at[1]) in [SHIFT[side] for side in sides]

    def take_coins(self, plain: Plain, living: list[int]) -> None:
        for agent in living:
            for number, (cell, _) in enumerate(self.coins):
                if cell == plain.cell[agent] and plain.coin_here[number] and not plain.waiting[agent]:
                    plain.coin_here[number] = False
                    self.paid(plain, agent, self.coin_rules.pays - self.coin_rules.less * plain.coins[agent])
                    plain.coins[agent] += 1
        if self.coins and self.coin_rules.ends == "all" and not any(plain.coin_here):
            plain.over = True

    def take_coloured_coins(self, plain: Plain, order: list[int]) -> None:
        for agent in order:
            for number, (cell, owner) in enumerate(plain.coloured):
                if cell is not None and cell == plain.cell[agent]:
                    plain.coloured[number] = (None, owner)
                    self.paid(plain, agent, self.coloured.pays)
                    if owner == agent:
                        plain.own_taken[agent] += 1
                    else:
                        plain.others_taken[agent] += 1
                        plain.lost[owner] += 1
                        self.paid(plain, owner, -self.coloured.costs)

    def reach_goals(self, plain: Plain, living: list[int]) -> None:
        if not self.goals:
            return
        for agent in living:
            for number, cell, params in self.own_goals(agent):
                counts = self.choose == "any" or plain.goal_pick[agent] == number
                if counts and cell == plain.cell[agent] and not plain.reached[agent]:
                    plain.reached[agent] = True
                    self.paid(plain, agent, params.pays)
                    if self.ends == "agent":
                        plain.alive[agent] = plain.moved[agent] = False
                        plain.cell[agent] = None
                        break
        if self.ends == "all":
            wanting = [agent for agent in self.agents if self.own_goals(agent)]
            plain.over = plain.over or all(plain.reached[agent] for agent in wanting)

    # What agents see, may do, and can bring about

    def observe(self, plain: Plain) -> np.ndarray:
        """uint8 [agents, side, side, 3], each window cut cell by cell."""
        largest = max(self.views)
        windows = np.zeros((self.agent_count, 2 * largest + 1, 2 * largest + 1, 3), np.uint8)
        for agent in self.agents:
            here = plain.cell[agent]
            if here is None:
                continue
            view = self.views[agent]
            for down, right in itertools.product(range(-view, view + 1), repeat=2):
                cell = self.wrapped((here[0] + down, here[1] + right))
                thing = self.thing(plain, cell) if self.inside(cell) else NOTHING
                if COLOURED <= thing < SOLID:
                    thing = OWN_COIN if thing == COLOURED + agent else OTHERS_COIN
                shown = self.shown(plain, cell)
                if down == right == 0:
                    shown = self.look(plain, agent) + (CROWD if shown >= CROWD else 0)
                windows[agent, largest + down, largest + right] = (self.ground(plain, cell), thing, shown)
        return windows

    def action_mask(self, plain: Plain) -> np.ndarray:
        """int8 [agents, actions]: 0 where an action surely does nothing."""
        return np.array(
            [[self.permitted(plain, agent, name) for name in self.actions] for agent in self.agents], np.int8
        )

    def permitted(self, plain: Plain, agent: int, name: str) -> bool:
        if name == "stay":
            return True
        here = plain.cell[agent]
        if here is None or plain.waiting[agent]:
            return False
        if name == "interact":
            switch = any(self.near(here, cell) for cell, _ in self.switches)
            return switch or any(
                params.by == "interact" and self.may_use(agent, params) and self.near(here, cell)
                for cell, params in self.doors
            )
        held = plain.carrying[agent]
        if name == "drop":
            return held is not None and self.thing(plain, here) == NOTHING
        direction = STEERING.get(name, PULLING.get(name, 0))
        there = self.neighbour(here, direction)
        if name in PULLING:
            behind = self.neighbour(here, OPPOSITE[direction])
            if behind not in plain.boxes or not self.may_push(agent):
                return False
        if there == here:
            return False
        if self.ground(plain, there) == DOOR_LOCKED:
            link = next(params.link for cell, params in self.doors if cell == there)
            return held is not None and self.keys[held][1].link == link
        if self.ground(plain, there) >= SOLID:
            return False
        pushes = name in STEERING and self.can_push(plain, agent, there, direction)
        return there not in plain.boxes or pushes

    def outcome(self, plain: Plain, agent: int, outcome: str = "cell") -> Any:
        """What is distinguished of `plain` for `agent`: its `cell`, all of its `self`, or the `world`."""
        if outcome == "cell":
            return plain.cell[agent]
        if outcome == "self":
            return (
                plain.cell[agent],
                plain.alive[agent],
                plain.carrying[agent],
                plain.reached[agent],
                plain.goal_pick[agent],
                plain.waiting[agent],
                plain.coins[agent],
            )
        return (
            tuple(plain.cell),
            tuple(plain.alive),
            frozenset(plain.boxes),
            tuple(plain.door_open),
            tuple(plain.key_cell),
            tuple(plain.carrying),
            tuple(plain.item_here),
            tuple(plain.reached),
            tuple(plain.goal_pick),
            tuple(plain.waiting),
            tuple(plain.coins),
            tuple(plain.coin_here),
            tuple(plain.coloured),
        )

    def reach(
        self, plain: Plain, agent: int, horizon: int, outcome: str = "cell", perceiver: int | None = None
    ) -> set[Any]:
        """All outcomes for `perceiver` after every sequence of `horizon` actions of `agent`, others still."""
        found = set()
        for plan in itertools.product(range(len(self.actions)), repeat=horizon):
            future = plain
            for action in plan:
                future = self.step(future, [action if a == agent else 0 for a in self.agents])
            found.add(self.outcome(future, agent if perceiver is None else perceiver, outcome))
        return found


def at(plain: Plain, agent: int) -> Cell:
    """Where a living agent stands."""
    cell = plain.cell[agent]
    assert cell is not None
    return cell


def distance(one: Cell, other: Cell) -> int:
    """Steps between two cells where nothing is in the way."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
