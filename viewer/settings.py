"""What the user has chosen to see: all that the drawing depends on besides the episodes."""

from dataclasses import dataclass, field

TABS = (
    ("agent", "Agent", "what the selected agent sees, does and is paid (I)"),
    ("parameters", "Parameters", "weights and numbers of what it is paid for (P)"),
    ("probe", "Probe", "what every formulation would pay here (O)"),
    ("edit", "Edit", "paint the map (E)"),
)
LONGEST_HORIZON = 8


@dataclass
class Settings:
    """View settings.

    agent    who is selected, or None. pane: of which pane the side panel speaks.
    overlay  the name of the overlay that is on, or None. horizon: steps that overlays and tables look ahead.
    zoom     how much larger than fitting; pan: by how many cells the picture is moved.
    everybody  whether the probe shows what everybody is paid rather than what each action pays.
    scroll   pixels by which tabs are scrolled; overflow: how far they can be.
    """

    agent: int | None = None
    pane: int = 0
    tab: str = "agent"
    overlay: str | None = None
    horizon: int = 3
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    everybody: bool = False
    help: bool = False
    notice: str = ""
    scroll: dict[str, int] = field(default_factory=dict)
    overflow: dict[str, int] = field(default_factory=dict)
