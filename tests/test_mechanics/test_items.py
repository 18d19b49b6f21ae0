"""Items: gone once an agent stands on them, and paid to it."""

from tests.drawn import Stage, play, thing


def test_an_item_is_collected_once() -> None:
    stage = Stage("#Ai.#").step(A="east")
    assert stage.drawing == "#.A.#"
    assert stage.of("pay", "A") == 1.0
    stage.step(A="east")
    assert stage.of("pay", "A") == 0.0
    assert stage.step(A="west").of("pay", "A") == 0.0


def test_an_item_pays_what_its_legend_says() -> None:
    stage = Stage("#jAi#", legend={"i": thing("item", pays=2.5), "j": thing("item", pays=-1)})
    assert stage.step(A="east").of("pay", "A") == 2.5
    assert stage.play(A="west west").of("pay", "A") == -1.0


def test_only_who_stands_on_it_is_paid() -> None:
    stage = Stage("#AiB#").step(A="east", B="west")
    assert stage.drawing == "#.AB#"
    assert (stage.of("pay", "A"), stage.of("pay", "B")) == (1.0, 0.0)


def test_boxes_are_not_pushed_onto_items() -> None:
    assert play("#Abi.#", A="east") == "#Abi.#"


def test_the_share_of_collected_items_is_measured() -> None:
    stage = Stage("#Aii#").step(A="east")  # two items, as many as a stage has
    measure = stage.world.measures["items_collected"]
    assert measure.read(stage.world, stage.states).tolist() == [0.5]
    stage.step(A="east")
    assert measure.read(stage.world, stage.states).tolist() == [1.0]
