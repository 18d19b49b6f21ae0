"""The bytes that stand for what fills a cell, fixed for good so that recordings and networks stay valid."""

GROUND, THING, AGENT = 0, 1, 2
PLANE_COUNT = 3

SOLID = 64  # codes from here up, in the first two planes, stop movement

FLOOR, PLATE, SWITCH, GOAL, DOOR_OPEN = 0, 2, 3, 4, 5
WALL, DOOR_CLOSED, DOOR_LOCKED = SOLID, SOLID + 1, SOLID + 2

NOTHING, KEY, ITEM, COIN = 0, 1, 2, 3
OWN_COIN, OTHERS_COIN = 4, 5  # how an agent sees a coloured coin
COLOURED = 8  # and its owner's number: a coloured coin, in the state
BOX = SOLID

CARRYING = 32  # added to an agent's look (1 + number of its look) while it carries something
CROWD = 64  # added to the look of the first on a cell where more stand
