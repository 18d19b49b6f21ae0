"""Clock: counts the steps, and with them turns the order in which ties are broken."""

from sandbox.world.kernel import kernel
from sandbox.world.mechanic import Mechanic


@kernel
def tick(level, state, first, last):
    """One more step is done."""
    state.clock += 1


MECHANIC = Mechanic(about="Counts the steps.", order=90, things=None, kernels={"settle": tick})
