"""Keys: taken by walking over them, one at a time; they open the doors of their link, and can be dropped."""

from tests.drawn import Stage, drawn, play, thing

LEGEND = {
    "k": thing("key", link="one"),
    "j": thing("key", link="two"),
    "X": thing("door", by="key", link="one"),
    "Y": thing("door", by="key", link="two"),
}


def test_who_walks_over_a_key_takes_it() -> None:
    assert play("#Ak.#", LEGEND, A="east") == "#.a.#"
    assert play("#Ak.#", LEGEND, A="east east") == "#..a#"


def test_one_carries_one_key() -> None:
    assert play("#Akj.#", LEGEND, A="east east") == "#..a.#"
    assert play("#Akj.#", LEGEND, A="east east east") == "#..ja#"


def test_a_locked_door_stops_who_has_no_key() -> None:
    assert play("#AX.#k#", LEGEND, A="east") == "#AX.#k#"
    assert "east" not in Stage("#AX.#k#", LEGEND).allowed("A")


def test_the_fitting_key_opens_the_door_in_the_same_step() -> None:
    stage = Stage("#AkX.#", LEGEND).step(A="east")
    assert "east" in stage.allowed("A")
    assert stage.step(A="east").drawing == "#..a.#"
    assert stage.step(A="east").drawing == "#../a#"  # the key is kept, the door stays open


def test_another_key_does_not_fit() -> None:
    stage = Stage("#AkY.#", LEGEND).step(A="east")
    assert "east" not in stage.allowed("A")
    assert stage.step(A="east").drawing == "#.aY.#"


def test_a_locked_door_has_no_handle() -> None:
    stage = Stage("#AXD.#k#", LEGEND | {"D": thing("door")})
    assert stage.step(A="interact").drawing == "#AXD.#k#"


def test_a_key_is_dropped_where_its_carrier_stands() -> None:
    stage = Stage("#Ak..#", LEGEND).step(A="east")
    assert "drop" in stage.allowed("A")
    assert stage.play(A="east drop").drawing == "#..A.#"
    assert "drop" not in stage.allowed("A")
    assert stage.step(A="east").drawing == "#..kA#"
    assert stage.step(A="west").drawing == "#..a.#"


def test_who_stays_on_a_dropped_key_does_not_take_it_up_again() -> None:
    stage = Stage("#Ak.#", LEGEND).play(A="east drop stay")
    assert stage.of("carrying", "A") == 0
    assert stage.drawing == "#.A.#"


def test_nothing_is_dropped_onto_another_thing() -> None:
    stage = Stage("#Akj.#", LEGEND).play(A="east east")
    assert "drop" not in stage.allowed("A")
    assert stage.play(A="drop east").drawing == "#..ja#"


def test_a_key_that_one_carries_is_gone_for_others() -> None:
    assert play("#AkB#", LEGEND, A="east", B="stay west") == "#.aB#"


def test_a_key_can_be_handed_over_on_the_floor() -> None:
    assert play("#Ak..C#", LEGEND, A="east east drop west", C="stay stay stay stay west west") == "#.Ac..#"


def test_boxes_are_not_pushed_onto_keys() -> None:
    assert play("#Abk.#", A="east") == "#Abk.#"


def test_a_carrier_passes_an_agent_that_looks_alike_no_more() -> None:
    stage = Stage("#Ak.B#", LEGEND, teams={"A": "us", "B": "us"})
    assert stage.of("look", "A") == stage.of("look", "B") == 1
    stage.step(A="east")
    assert (stage.of("look", "A"), stage.of("look", "B")) == (33, 1)


def test_a_key_in_an_open_door_keeps_it_open() -> None:
    stage = Stage("#Ak/.#", LEGEND | {"/": thing("door", open=True)})
    assert stage.play(A="east east drop west interact").drawing == drawn("#.Ak.#")
    assert stage.states[0]["door_open"][0] == 1
