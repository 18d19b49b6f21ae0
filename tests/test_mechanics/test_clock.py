"""The clock: one more at every step, from nought."""

from tests.drawn import Stage


def test_the_clock_counts_steps() -> None:
    stage = Stage("#A..#")
    assert stage.states[0]["clock"] == 0
    for time in (1, 2, 3):
        assert stage.step(A="east").states[0]["clock"] == time


def test_time_does_not_make_two_worlds_different() -> None:
    stage = Stage("#A..#")
    before = stage.world.key(stage.states).copy()
    assert (stage.world.key(stage.play(A="stay stay").states) == before).all()
    assert (stage.world.key(stage.step(A="east").states) != before).any()


def test_the_clock_starts_anew_with_the_episode() -> None:
    stage = Stage("#A..#").play(A="east east")
    stage.world.restart(stage.states)
    assert stage.states[0]["clock"] == 0
    assert stage.drawing == "#A..#"
