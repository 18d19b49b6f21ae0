"""The screen: a window in which simulations play, pause, go back and are changed by hand, and say why."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # before pygame is imported for the first time

from viewer.app import watch
from viewer.screen import NoScreen

__all__ = ["NoScreen", "watch"]
