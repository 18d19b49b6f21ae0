"""What the window looks like, against pictures that were looked at; and that anything at all can be done to it."""

import gc
import tracemalloc
from pathlib import Path

import numpy as np
import pygame
import pytest
from PIL import Image

from tests.soaking import soaked
from tests.viewing import DOOR, ROOM, closed, opened, press, room, seen

PICTURES = Path(__file__).parent / "pictures"
LOOKS = {
    "agent": ("tab",),
    "overlay": ("tab", "1"),
    "hand": ("tab", "m", "p"),
    "help": ("?",),
    "film": ("v",),
}


def near(name: str, picture: np.ndarray, tmp_path: Path) -> None:
    """The picture is the one that is kept, but for what flavours of pygame round otherwise."""
    kept = PICTURES / f"{name}.png"
    Image.fromarray(picture).save(tmp_path / kept.name)
    assert kept.exists(), f"look at {tmp_path / kept.name} and keep it as {kept}"
    apart = np.abs(np.asarray(Image.open(kept).convert("RGB")).astype(int) - picture.astype(int)).max(axis=2)
    assert (apart > 40).mean() < 0.004, f"{(apart > 40).sum()} pixels differ; see {tmp_path / kept.name}"


@pytest.mark.parametrize("look", LOOKS)
def test_the_window_looks_as_it_did(look, tmp_path):
    app = opened(folder=tmp_path, size=(900, 640))
    try:
        press(app, ".", 6)
        press(app, "b")
        press(app, ",", 3)
        app.episode.toggle(*DOOR)
        press(app, ".", 4)
        for key in LOOKS[look]:
            press(app, key)
        near(f"window_{look}", seen().swapaxes(0, 1), tmp_path)
    finally:
        closed(app)


def test_two_panes_look_as_they_did(tmp_path):
    app = opened(room("task"), room("empowerment:horizon=1"), folder=tmp_path, size=(900, 640))
    try:
        press(app, ".", 6)
        press(app, "8")
        near("window_panes", seen().swapaxes(0, 1), tmp_path)
    finally:
        closed(app)


def test_drawing_is_a_function_of_what_is_shown(tmp_path):
    looks = []
    for _ in range(2):
        app = opened(folder=tmp_path)
        press(app, ".", 5)
        press(app, "tab")
        press(app, "3")
        looks.append(seen())
        app.draw()
        looks.append(seen())
        closed(app)
    assert all(np.array_equal(looks[0], look) for look in looks)


def ours(snapshot: tracemalloc.Snapshot) -> float:
    """MiB of the window and of what episodes remember; estimators keep their own, within bounds of their own."""
    root = Path(__file__).parents[1]
    files = [str(root / folder / "*") for folder in ("viewer", "sandbox/playback", "sandbox/environment")]
    kept = snapshot.filter_traces([tracemalloc.Filter(True, file) for file in files])
    return sum(each.size for each in kept.statistics("filename")) / 2**20


@pytest.mark.parametrize(("seed", "panes"), [(0, 1), pytest.param(1, 2, marks=pytest.mark.slow)])
def test_anything_can_be_done_to_the_window(seed, panes, tmp_path):
    file = tmp_path / "room.yaml"
    file.write_text(ROOM)
    count, held = 0, []
    tracemalloc.start()
    try:
        for count in soaked(file, tmp_path, seed, panes, limit=200):
            if count % 500 == 0:
                gc.collect()
                held.append(ours(tracemalloc.take_snapshot()))
            if count == 1500:
                break
    finally:
        tracemalloc.stop()
    assert count == 1500
    assert held[-1] - held[0] < 16, f"memory of the window went from {held[0]:.1f} to {held[-1]:.1f} MiB"
    assert not pygame.mixer or not pygame.mixer.get_init()
