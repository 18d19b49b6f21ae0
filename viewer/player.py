"""Plays one to four episodes of the same seed in step with one another."""

from collections.abc import Callable, Sequence

from sandbox.playback.episode import Episode

STEPS_A_SECOND = 4
"""At the usual speed."""
SPEEDS = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, float("inf"))
"""What the speed can be, in the usual speed; at last as fast as it goes."""
PATIENCE = 0.012
"""Seconds that are spent on steps before the window answers and draws again."""
MOST_AT_ONCE = 200
"""Steps between two pictures, even where they take no time."""


class Player:
    """Where the episodes are, how fast they go on, and what is done to all of them at once."""

    def __init__(
        self, episodes: Sequence[Episode], now: float, speed: float = 1.0, playing: bool = True
    ) -> None:
        self.episodes = list(episodes)
        self.playing = playing
        self.speed = min(SPEEDS, key=lambda each: abs(each - speed))
        self._owed, self._last = 0.0, now

    @property
    def index(self) -> int:
        """The present step; an episode that ended before stays at its end."""
        return max(episode.index for episode in self.episodes)

    @property
    def first(self) -> int:
        """The first step that all of them remember."""
        return max(episode.first_step for episode in self.episodes)

    @property
    def length(self) -> int:
        """The last step that any of them remembers."""
        return max(episode.length for episode in self.episodes)

    @property
    def over(self) -> bool:
        """Whether nothing comes after the present."""
        return self.index >= self.length and all(episode.over for episode in self.episodes)

    @property
    def seed(self) -> int:
        """Of all of them."""
        return self.episodes[0].seed

    def catch_up(self, clock: Callable[[], float]) -> bool:
        """Make the steps that are due; True where there were any. A slow world plays slowly."""
        now = clock()
        passed, self._last = now - self._last, now
        if not self.playing:
            return False
        fastest = self.speed == SPEEDS[-1]
        self._owed = MOST_AT_ONCE if fastest else self._owed + passed * self.speed * STEPS_A_SECOND
        made = 0
        while self._owed >= 1 and self.playing and made < MOST_AT_ONCE:
            made += self.forward()
            self._owed -= 1
            if self.over:
                self.playing = False
            if clock() - now > PATIENCE:
                self._owed = 0.0
        return made > 0

    def forward(self) -> bool:
        """One step; False where there is none."""
        wanted, moved = self.index + 1, False
        for episode in self.episodes:
            while episode.index < wanted and episode.forward():
                moved = True
        return moved

    def go(self, index: int) -> None:
        """To a remembered step, and pause there."""
        self.pause()
        for episode in self.episodes:
            episode.go(max(self.first, index))

    def pause(self) -> None:
        """Stay where it is."""
        self.playing, self._owed = False, 0.0

    def play(self) -> None:
        """Go on, from the start where it was at the end; or pause."""
        if self.playing:
            self.pause()
            return
        if self.over:
            self.go(self.first)
        self.playing, self._owed = True, 0.0

    def reset(self, seed: int) -> None:
        """From the start, with this seed."""
        for episode in self.episodes:
            episode.reset(seed)
        self._owed = 0.0

    def faster(self, by: int) -> None:
        """So many speeds up or down."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]
        self._owed = 0.0

    def jump(self, indices: Sequence[int], by: int) -> bool:
        """To the next (1) or previous (-1) of these steps; False where there is none."""
        after = [index for index in indices if (index - self.index) * by > 0 and index >= self.first]
        if after:
            self.go(min(after, key=lambda index: abs(index - self.index)))
        return bool(after)


def speed_text(speed: float) -> str:
    """A speed in words."""
    if speed == float("inf"):
        return "max"
    return f"{speed:g}x" if speed >= 1 else f"1/{round(1 / speed)}x"
