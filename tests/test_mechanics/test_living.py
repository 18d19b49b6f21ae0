"""Living: each step pays whoever takes it, the last one included."""

from tests.drawn import Stage, settings


def test_every_step_pays_until_the_last() -> None:
    rules = settings(living={"pays": 0.5}, harm={"done_by": ["A"], "sides": ["east"]})
    stage = Stage("#A.B#", rules=rules, bare=True)
    stage.step(B="west")
    assert not stage.of("alive", "B")
    assert (stage.of("pay", "A"), stage.of("pay", "B")) == (0.5, 0.5)
    stage.step()
    assert (stage.of("pay", "A"), stage.of("pay", "B")) == (0.5, 0.0)
    measure = stage.world.measures["steps_alive"]
    assert measure.read(stage.world, stage.states).tolist() == [[2.0, 1.0]]


def test_nothing_is_paid_where_nothing_is_said() -> None:
    stage = Stage("#A.B#", rules=settings(living={}), bare=True)
    assert "living" not in stage.world.layout.rules
