"""What panes are called: what their agents are paid for."""

from collections.abc import Sequence
from typing import Any

from sandbox.playback.episode import Episode


def titles_of(episodes: Sequence[Episode]) -> list[str]:
    """A title for each episode; of several only what differs between them, where something does."""
    told = [paid_for(episode) for episode in episodes]
    differing = [group for group in told[0] if len({each.get(group) for each in told}) > 1]
    if len(episodes) > 1 and differing and all(each.keys() == told[0].keys() for each in told):
        told = [{group: each[group] for group in differing} for each in told]
    return [in_words(each, bool(differing) and len(episodes) > 1) for each in told]


def paid_for(episode: Episode) -> dict[str, str]:
    """The terms of each group."""
    return {
        group: " + ".join(term_text(term) for term in mix.terms) or "nothing"
        for group, mix in zip(episode.world.groups, episode.company.mixes, strict=True)
    }


def in_words(terms: dict[str, str], named: bool) -> str:
    """Terms by groups as one line; groups that are paid alike together."""
    groups: dict[str, list[str]] = {}
    for group, text in terms.items():
        groups.setdefault(text, []).append(group)
    if len(groups) == 1 and not named:
        return next(iter(groups))
    return " · ".join(f"{', '.join(names)}: {text}" for text, names in groups.items())


def term_text(term: Any) -> str:
    """A term as it is written in a spec, with the numbers that differ from what it has by itself."""
    formulation = term.formulation
    fields = getattr(formulation, "__dataclass_fields__", {})
    numbers = [
        f"{name}={getattr(formulation, name)}"
        for name, field in fields.items()
        if field.init and isinstance(getattr(formulation, name), str | int | float)
        and getattr(formulation, name) != field.default
    ]  # fmt: skip
    weight = "" if term.weight == 1 else f"{term.weight:g}*"
    return ":".join([weight + term.name, *numbers])
