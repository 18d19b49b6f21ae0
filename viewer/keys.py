"""One table of keys: it makes the bindings, the buttons and the help."""

from dataclasses import dataclass

import pygame


@dataclass(frozen=True)
class Binding:
    """A command of the window: the keys that give it, what it does, and its button's text (empty for none).

    Keys are named as pygame names them, or by the sign that they type (so that layouts do not matter), with
    `shift+` before them where that is meant.
    """

    command: str
    keys: tuple[str, ...]
    about: str
    button: str = ""


KEYMAP = (
    Binding("play", ("space",), "play or pause; at the end, play again", "Play"),
    Binding("back", (",",), "one step back", "Back"),
    Binding("step", (".",), "one step forward", "Step"),
    Binding("first", ("home",), "go to the first step"),
    Binding("last", ("end",), "go to the last step played so far"),
    Binding("slower", ("-",), "half the speed", "Slower"),
    Binding("faster", ("=", "+"), "twice the speed", "Faster"),
    Binding("reset", ("r",), "start again with the same seed", "Reset"),
    Binding("new_seed", ("shift+r",), "start again with a new seed", "New seed"),
    Binding("next_agent", ("tab",), "next agent: show what it sees"),
    Binding("previous_agent", ("shift+tab",), "previous agent"),
    Binding("screenshot", ("s", "k"), "save a screenshot as PNG"),
    Binding("help", ("?", "f1", "h"), "show or hide this help", "Help"),
    Binding("quit", ("q", "escape"), "quit", "Quit"),
)

_COMMANDS = {key: binding.command for binding in KEYMAP for key in binding.keys}


def command_of(event: pygame.event.Event) -> str | None:
    """The command that a KEYDOWN event gives, or None."""
    if event.mod & (pygame.KMOD_CTRL | pygame.KMOD_ALT | pygame.KMOD_META):
        return None
    typed = getattr(event, "unicode", "")
    if typed in _COMMANDS and not typed.isalpha():
        return _COMMANDS[typed]
    name = pygame.key.name(event.key)
    return _COMMANDS.get(f"shift+{name}" if event.mod & pygame.KMOD_SHIFT else name)


def help_lines() -> list[tuple[str, str]]:
    """What the help shows: keys, and what they do."""
    return [(" or ".join(_shown(key) for key in binding.keys), binding.about) for binding in KEYMAP]


def _shown(key: str) -> str:
    """The key in words, as a comma or a point alone is easily missed."""
    signs = {",": "Comma", ".": "Period", "-": "Minus", "=": "=", "+": "+", "escape": "Esc"}
    return signs.get(key) or "+".join(part.capitalize() for part in key.split("+"))
