"""The screen: a window in which a simulation plays, pauses and steps back, with every agent's rewards."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # before pygame is imported for the first time

from viewer.app import NoScreen, watch
from viewer.sources import Source

__all__ = ["NoScreen", "Source", "watch"]
