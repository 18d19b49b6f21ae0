"""Films of an episode or of a part of it, as files and within notebooks."""

import base64

import imageio
import numpy as np
import pytest

import sandbox
from sandbox.environment import film
from sandbox.playback.episode import Episode


@pytest.fixture(scope="module")
def episode():
    """Ten steps of an episode."""
    found = Episode(sandbox.load_scenario("first_meeting"))
    for _ in range(10):
        found.forward()
    return found


def test_a_clip_is_what_is_seen(episode):
    clip = episode.clip(2, 5)
    assert len(clip) == 4
    frames = list(clip.frames())
    for index, frame in zip(range(2, 6), frames, strict=False):
        episode.go(index)
        np.testing.assert_array_equal(frame, episode.paint())
    assert all(np.array_equal(frame, frames[3]) for frame in frames[4:])
    assert len(episode.clip()) == 11


@pytest.mark.parametrize(("first", "last"), [(3, 2), (-1, 2), (0, 99)])
def test_there_have_to_be_such_steps(episode, first, last):
    with pytest.raises(ValueError, match="what is remembered is 0 to 10"):
        episode.clip(first, last)


def test_a_clip_is_kept_and_shown(episode, tmp_path, monkeypatch):
    clip = episode.clip(0, 3)
    clip.save(tmp_path / "clip.gif")
    assert len(imageio.v3.imread(tmp_path / "clip.gif")) >= 2
    shown = clip.show().data
    film_of = base64.b64decode(shown.partition("base64,")[2].partition('"')[0])
    assert film_of[4:8] == b"ftyp"
    assert "<video" in shown

    writer = film._writer

    def no_encoder(part, fps):
        if part.suffix == ".mp4":
            raise RuntimeError("no ffmpeg")
        return writer(part, fps)

    monkeypatch.setattr(film, "_writer", no_encoder)
    shown = clip.show().data
    assert base64.b64decode(shown.partition("base64,")[2].partition('"')[0]).startswith(b"GIF89a")
    assert "<img" in shown
    with pytest.raises(ValueError, match=r"\.mp4 or \.gif"):
        clip.save(tmp_path / "clip.avi")


def test_a_film_in_one_call():
    clip = sandbox.film("gilded_cage", "kindness:horizon=1", seed=3, steps=4)
    episode = Episode(sandbox.load_scenario("gilded_cage"), "kindness:horizon=1", 3)
    while episode.index < 4:
        episode.forward()
    assert clip.states.tobytes() == episode.history.tobytes()
    assert len(sandbox.film("first_meeting", overrides={"max_cycles": 3})) == 4
