"""The bytes that stand for what fills a cell, fixed for good so that recordings and networks stay valid."""

GROUND, THING, AGENT = 0, 1, 2
PLANE_COUNT = 3

SOLID = 64  # codes from here up, in the first two planes, stop movement

FLOOR, PLATE, SWITCH, GOAL, DOOR_OPEN = 0, 2, 3, 4, 5
WALL, DOOR_CLOSED, DOOR_LOCKED = SOLID, SOLID + 1, SOLID + 2

NOTHING, KEY, ITEM = 0, 1, 2
BOX = SOLID

CARRYING = 32  # added to an agent's look (1 + team) while it carries something
