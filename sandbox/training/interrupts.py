"""Ctrl-C in the middle of a run: the first one ends it once everything is saved, the second one at once."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ECHO = 1.0
"""Seconds within which a second signal is the same Ctrl-C: torchrun passes on what the terminal sent to all anyway."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, after the rollout was finished and everything saved; says how to go on."""


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one stops at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    first = 0.0

    def note(number: int, frame: Any) -> None:
        nonlocal first
        if not stop.is_set():
            first = time.monotonic()
            stop.set()
        elif time.monotonic() - first > ECHO:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
