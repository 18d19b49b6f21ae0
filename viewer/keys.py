"""One table of keys: it makes the bindings, the help in the window and the page of the docs."""

from dataclasses import dataclass

import pygame


@dataclass(frozen=True)
class Binding:
    """A command of the window: the keys that give it and what it does, under a heading of the help.

    Keys are named as pygame names them, or by the sign that they type (so that layouts do not matter), with `ctrl+` or
    `shift+` before them where that is meant. A command with `numbered` is told which of its keys was pressed.
    """

    command: str
    keys: tuple[str, ...]
    about: str
    heading: str
    numbered: bool = False


TIME, PICTURE, HANDS, PANEL, OUT = "Time", "Picture", "Agents and hands", "Side panel", "Window and files"

KEYMAP = (
    Binding("play", ("space",), "play or pause; at the end, play again", TIME),
    Binding("back", (",",), "one step back", TIME),
    Binding("step", (".",), "one step forward", TIME),
    Binding("first", ("home",), "to the first step", TIME),
    Binding("last", ("end",), "to the last step played so far", TIME),
    Binding("slower", ("-",), "half the speed", TIME),
    Binding("faster", ("=", "+"), "twice the speed, at last as fast as it goes", TIME),
    Binding("reset", ("r",), "again from the start, with the same seed", TIME),
    Binding("new_seed", ("shift+r",), "again from the start, with the next seed", TIME),
    Binding("bookmark", ("b",), "set or take away a bookmark", TIME),
    Binding("next_bookmark", ("]",), "to the next bookmark", TIME),
    Binding("previous_bookmark", ("[",), "to the previous bookmark", TIME),
    Binding("next_event", ("n",), "to the next event", TIME),
    Binding("previous_event", ("shift+n",), "to the previous event", TIME),
    Binding("other_branch", ("g",), "to the next branch (ghost line)", TIME),
    Binding("overlay", tuple("123456789"), "an overlay on or off", PICTURE, numbered=True),
    Binding("horizon_less", ("<",), "a shorter horizon", PICTURE),
    Binding("horizon_more", (">",), "a longer horizon", PICTURE),
    Binding("zoom_in", ("pageup",), "larger", PICTURE),
    Binding("zoom_out", ("pagedown",), "smaller", PICTURE),
    Binding("fit", ("0",), "the whole map", PICTURE),
    Binding("next_agent", ("tab",), "next agent; with a hand on one, play this one", HANDS),
    Binding("previous_agent", ("shift+tab",), "previous agent", HANDS),
    Binding("hand", ("m",), "take over the selected agent, or let it go", HANDS),
    Binding("north", ("w", "up"), "steer north", HANDS),
    Binding("south", ("s", "down"), "steer south", HANDS),
    Binding("west", ("a", "left"), "steer west", HANDS),
    Binding("east", ("d", "right"), "steer east", HANDS),
    Binding("stay", ("x",), "stay for a step", HANDS),
    Binding(
        "other_action", tuple(f"shift+{n}" for n in range(1, 10)), "the other actions, in order", HANDS, True
    ),
    Binding("show_agent", ("i",), "tab Agent: what it sees, does, is paid", PANEL),
    Binding("show_parameters", ("p",), "tab Parameters: weights and numbers", PANEL),
    Binding("show_probe", ("o",), "tab Probe: what formulations would pay", PANEL),
    Binding("edit", ("e",), "tab Edit: paint the map", PANEL),
    Binding("reload", ("l",), "read the scenario file again", PANEL),
    Binding("undo", ("ctrl+z",), "undo what was painted", PANEL),
    Binding("redo", ("ctrl+y", "ctrl+shift+z"), "paint it again", PANEL),
    Binding("save", ("ctrl+s",), "save a recording; while editing, the scenario", OUT),
    Binding("save_as", ("ctrl+shift+s",), "while editing, save under another name", OUT),
    Binding("screenshot", ("k",), "save a picture of the window", OUT),
    Binding("film", ("v",), "save a range of steps as a film", OUT),
    Binding("help", ("?", "f1", "h"), "show or hide this help", OUT),
    Binding("close", ("escape",), "close what is open, let go, deselect", OUT),
    Binding("quit", ("q",), "quit", OUT),
)

MOUSE = (
    ("click", "select an agent; go to a step, a mark or a ghost line of the timeline"),
    ("drag", "an agent or a box to another cell; on empty floor, the picture"),
    ("right click", "open or shut a door; also Ctrl+click"),
    ("wheel", "zoom to the pointer; over the side panel, scroll"),
)

_COMMANDS = {key: (binding, number) for binding in KEYMAP for number, key in enumerate(binding.keys)}


def command_of(event: pygame.event.Event) -> tuple[str, int] | None:
    """The command that a KEYDOWN event gives, with the number of its key; or None."""
    if event.mod & (pygame.KMOD_ALT | pygame.KMOD_META):
        return None
    shift = "shift+" if event.mod & pygame.KMOD_SHIFT else ""
    control = "ctrl+" if event.mod & pygame.KMOD_CTRL else ""
    typed = getattr(event, "unicode", "")
    name = pygame.key.name(event.key).replace("page up", "pageup").replace("page down", "pagedown")
    names = [control + shift + name]
    if not control and typed and not typed.isalpha():
        names.append(typed)
    found = next((_COMMANDS[each] for each in names if each in _COMMANDS), None)
    return (found[0].command, found[1]) if found else None


def keys_of(command: str) -> str:
    """The keys of a command in words, as in "Tab" or "= or +"."""
    binding = next(binding for binding in KEYMAP if binding.command == command)
    if binding.numbered:
        return f"{_shown(binding.keys[0])} ... {_shown(binding.keys[-1])}"
    return " or ".join(_shown(key) for key in binding.keys)


def help_lines() -> dict[str, list[tuple[str, str]]]:
    """What the help shows: headings, with lines of keys and what they do."""
    headings: dict[str, list[tuple[str, str]]] = {}
    for binding in KEYMAP:
        headings.setdefault(binding.heading, []).append((keys_of(binding.command), binding.about))
    return headings | {"Mouse": [(sign.capitalize(), about) for sign, about in MOUSE]}


def markdown() -> str:
    """The same as tables in Markdown."""
    parts = []
    for heading, lines in help_lines().items():
        rows = [f"| {keys} | {about} |" for keys, about in lines]
        parts.append("\n".join([f"### {heading}", "", "| keys | what they do |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _shown(key: str) -> str:
    """The key in words, as a comma or a point alone is easily missed."""
    signs = {",": "Comma", ".": "Period", "-": "Minus", "escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}
    if key in signs or (len(key) == 1 and not key.isalpha()):
        return signs.get(key, key)
    return "+".join(part.capitalize() for part in key.split("+"))
