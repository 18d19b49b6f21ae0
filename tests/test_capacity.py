"""Channel capacity against closed forms, a slow oracle, and the laws that every capacity obeys."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.estimators.capacity import capacities, channel_capacity
from rewards.estimators.capacity_kernels import blahut_arimoto


def entropy(*p):
    """Entropy of a distribution in bits."""
    return -sum(x * np.log2(x) for x in p if x > 0)


def slow_bounds(p, iterations=3000):
    """Bounds on the capacity by plain Blahut-Arimoto in NumPy, in bits."""
    p = np.asarray(p, float)
    q = np.full(len(p), 1 / len(p))
    lower, upper = 0.0, np.inf
    for _ in range(iterations):
        out = q @ p
        with np.errstate(divide="ignore", invalid="ignore"):
            d = np.where(p > 0, p * np.log2(p / out), 0.0).sum(axis=1)
        lower, upper = max(lower, q @ d), min(upper, d.max())
        q = q * np.exp2(d)
        q /= q.sum()
    return lower, upper


def symmetric(size, slip):
    """The symmetric channel: as meant with 1 - slip, else one of the others, each equally likely."""
    return np.full((size, size), slip / (size - 1)) + np.eye(size) * (1 - slip - slip / (size - 1))


TYPEWRITER = 0.5 * np.eye(26) + 0.5 * np.roll(np.eye(26), 1, axis=1)

CLOSED_FORMS = {
    "BSC(0.1)": ([[0.9, 0.1], [0.1, 0.9]], 0.5310044064107188),
    "BSC(0.2)": ([[0.8, 0.2], [0.2, 0.8]], 0.2780719051126377),
    "BEC(0.25)": ([[0.75, 0, 0.25], [0, 0.75, 0.25]], 0.75),
    "BEC(0.5)": ([[0.5, 0, 0.5], [0, 0.5, 0.5]], 0.5),
    "Z(0.5)": ([[1, 0], [0.5, 0.5]], np.log2(1.25)),
    "Z(0.3)": ([[1, 0], [0.3, 0.7]], np.log2(1 + 0.7 * 0.3 ** (0.3 / 0.7))),
    "noisy typewriter": (TYPEWRITER, np.log2(13)),
    "symmetric 5-ary": (symmetric(5, 0.2), np.log2(5) - entropy(0.8, *[0.05] * 4)),
    "identity": (np.eye(7), np.log2(7)),
    "one row": ([[0.2, 0.3, 0.5]], 0.0),
    "one column": ([[1.0], [1.0], [1.0]], 0.0),
    "zero capacity": (np.full((4, 3), 1 / 3), 0.0),
    "more inputs than outcomes": ([[1, 0], [0, 1], [0.5, 0.5], [0.9, 0.1]], 1.0),
    "more outcomes than inputs": ([[0.5, 0.5, 0, 0], [0, 0, 0.3, 0.7]], 1.0),
    "duplicate rows": ([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.9, 0.1]], 0.5310044064107188),
    "useless outcomes": ([[0, 0.9, 0, 0.1], [0, 0.1, 0, 0.9]], 0.5310044064107188),
    "denormals": ([[1, 5e-324, 0], [0, 1, 5e-324]], 1.0),
    "tiny probabilities": ([[1 - 1e-150, 1e-150, 0], [0, 1, 1e-150]], 1.0),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms(name):
    """Closed forms to 1e-9, with a certificate."""
    p, bits = CLOSED_FORMS[name]
    found = channel_capacity(p)
    assert found.bits == pytest.approx(bits, abs=1e-9)
    assert found.lower == found.bits <= found.upper <= found.lower + 1e-9
    assert found.inputs.shape == (len(p),)
    assert found.inputs.sum() == pytest.approx(1)


def test_equal_rows_share_their_probability():
    """Which of two equal inputs is used makes no difference, so neither is preferred."""
    inputs = channel_capacity([[1, 0], [0, 1], [1, 0]]).inputs
    assert inputs == pytest.approx([0.25, 0.5, 0.25])


def random_channel(rng, inputs, outcomes, sharpness, holes):
    """A random channel; some of its probabilities are zero where `holes`."""
    p = rng.dirichlet(np.full(outcomes, sharpness), inputs)
    if holes:
        p[rng.random(p.shape) < 0.5] = 0
        p[p.sum(axis=1) == 0, 0] = 1
    return p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(40))
def test_random_channels_agree_with_the_oracle(seed):
    """Certified to 1e-9, and between the bounds of the oracle."""
    rng = np.random.default_rng(seed)
    p = random_channel(
        rng, rng.integers(2, 120), rng.integers(2, 25), rng.choice([0.05, 0.3, 1, 5]), seed % 2
    )
    found = channel_capacity(p)
    lower, upper = slow_bounds(p)
    assert found.upper - found.lower <= 1e-9
    assert lower <= found.upper + 1e-12
    assert found.lower <= upper + 1e-12


def test_the_inputs_carry_the_information():
    """The lower bound is the information of the inputs that come with it."""
    p = random_channel(np.random.default_rng(5), 30, 8, 0.3, True)
    found = channel_capacity(p)
    joint = found.inputs[:, None] * p
    out = joint.sum(axis=0)
    at = joint > 0
    information = (joint[at] * np.log2((p / np.where(out > 0, out, 1))[at])).sum()
    assert information == pytest.approx(found.bits, abs=1e-12)


def test_a_loose_tolerance_is_still_honest():
    """Bounds hold whatever the tolerance."""
    p = random_channel(np.random.default_rng(6), 60, 9, 0.3, False)
    loose, tight = channel_capacity(p, tol=1e-2), channel_capacity(p)
    assert loose.upper - loose.lower <= 1e-2
    assert loose.lower <= tight.upper
    assert tight.lower <= loose.upper


def test_many_at_once_equal_one_by_one():
    """A batch of channels has the capacities of its members, certified, whatever its shape."""
    rng = np.random.default_rng(8)
    for inputs, outcomes in [(30, 6), (5, 20), (1, 4), (4, 1), (17, 9)]:
        p = np.array([random_channel(rng, inputs, outcomes, 0.3, k % 2) for k in range(20)])
        bits, lower, upper = capacities(p, 1e-8)
        assert (bits == lower).all()
        assert (upper - lower <= 1e-8).all()
        assert bits == pytest.approx([channel_capacity(each).bits for each in p], abs=1e-8)


def test_many_at_once_refuse_the_bad_one():
    """The row and the channel are named."""
    p = np.tile(np.eye(3), (4, 1, 1))
    p[2, 1] *= 0.5
    with pytest.raises(ValueError, match=r"row 1 of channel 2 sums to 0\.5"):
        capacities(p)
    with pytest.raises(ValueError, match="shape"):
        capacities(p[0])
    with pytest.raises(ValueError, match="tol"):
        capacities(np.eye(2)[None], 0)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms_by_blahut_arimoto(name):
    """The plain iteration brackets every closed form too."""
    p, bits = CLOSED_FORMS[name]
    found = channel_capacity(p, method="blahut")
    assert found.lower - 1e-9 <= bits <= found.upper + 1e-9
    assert found.bits == pytest.approx(bits, abs=1e-6)


def test_methods_are_known_by_name():
    """Anything else is refused."""
    with pytest.raises(ValueError, match="allowed: interior, blahut"):
        channel_capacity(np.eye(2), method="newton")


def test_degenerate_channels_are_certified():
    """Nearly equal rows, far scales, many more rows than needed and long chains: always 1e-9."""
    rng = np.random.default_rng(9)
    nearly = np.full((6, 4), 0.25) + 1e-9 * (rng.random((6, 4)) - 0.5)
    scales = 10.0 ** -rng.uniform(0, 30, (40, 12))
    chain = np.linalg.matrix_power(0.6 * np.eye(30) + 0.4 * np.roll(np.eye(30), 1, axis=1), 4)
    crowd = rng.dirichlet(np.full(5, 0.2), 3000)
    for p in (nearly, scales, chain, crowd):
        found = channel_capacity(p / p.sum(axis=1, keepdims=True))
        assert found.upper - found.lower <= 1e-9


def test_blahut_arimoto_bounds_hold():
    """The last resort gives bounds too."""
    p = random_channel(np.random.default_rng(7), 12, 5, 1, False)
    lower, upper = blahut_arimoto(p, 1e-9, 2000, np.full(12, 1 / 12))
    found = channel_capacity(p)
    assert lower / np.log(2) <= found.upper + 1e-12
    assert upper / np.log(2) >= found.lower - 1e-12


@st.composite
def channels(draw, inputs=None):
    """Small channels of every kind."""
    seed = draw(st.integers(0, 2**32 - 1))
    inputs = inputs or draw(st.integers(1, 9))
    return random_channel(
        np.random.default_rng(seed),
        inputs,
        draw(st.integers(1, 9)),
        draw(st.sampled_from([0.02, 0.3, 1, 20])),
        draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None)
@given(channels(), st.data())
def test_laws(p, data):
    """Bounds are ordered and within reach; a coarser outcome never carries more; nor do fewer inputs."""
    found = channel_capacity(p)
    assert 0 <= found.lower <= found.upper <= np.log2(min(p.shape)) + 1e-9
    assert found.upper - found.lower <= 1e-9
    coarser = p @ data.draw(channels(inputs=p.shape[1]))
    assert channel_capacity(coarser / coarser.sum(axis=1, keepdims=True)).lower <= found.upper + 1e-9
    assert channel_capacity(p[1:] if len(p) > 1 else p).lower <= found.upper + 1e-12


BAD = {
    "negative": ([[1, 0], [1.5, -0.5]], "row 1 .* negative"),
    "nan": ([[1, 0], [0, 1], [np.nan, 1]], "row 2 .* not finite"),
    "infinite": ([[np.inf, 0]], "row 0 .* not finite"),
    "sum": ([[1, 0], [0.5, 0.4]], r"row 1 .* sums to 0\.9"),
    "no rows": (np.empty((0, 3)), "at least one input"),
    "no columns": (np.empty((3, 0)), "at least one input"),
    "one axis": ([0.5, 0.5], "shape"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_channels_are_refused(name):
    """What is no channel raises ValueError that names the row."""
    p, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        channel_capacity(p)


def test_the_channel_is_not_changed():
    """The caller's array stays as it is, and single precision is accepted."""
    p = symmetric(5, 0.3).astype(np.float32)
    before = p.copy()
    assert channel_capacity(p).bits == pytest.approx(np.log2(5) - entropy(0.7, *[0.075] * 4), abs=1e-6)
    assert (p == before).all()
