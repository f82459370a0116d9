"""The choices of the search form in a person's library."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from upscaler.library.search import SIZES, STATES, LibraryQuery
from upscaler.models import Collection, Game, Listing, Tag, UpscaleModel, User

MAX_SUGGESTED = 200


@dataclass(frozen=True)
class Choices:
    """Values of filters with their labels."""

    models: list[tuple[str, str]]
    years: list[tuple[str, str]]
    tags: list[tuple[str, str]]
    collections: list[tuple[str, str]]


@dataclass(frozen=True)
class Chip:
    """An active filter, and the query without it."""

    label: str
    query: str


def choices_of(user: User) -> Choices:
    """Return the values that a person's videos have."""
    listed = Listing.objects.filter(owner=user, model=OuterRef("pk"))
    used = UpscaleModel.objects.filter(Exists(listed)).values_list("pk", "name")
    rows = Listing.objects.filter(owner=user, year__isnull=False)
    return Choices(
        models=[(str(id), name) for id, name in used],
        years=[(str(year), str(year)) for year in rows.order_by("-year").values_list("year", flat=True).distinct()],
        tags=list(Tag.objects.filter(owner=user).values_list("key", "name")),
        collections=[(str(id), name) for id, name in Collection.objects.filter(owner=user).values_list("pk", "name")],
    )


def chips_of(search: LibraryQuery, choices: Choices) -> list[Chip]:
    """Return the active filters of a search."""
    named = {
        "game": dict(Game.choices),
        "state": {name: state.label for name, state in STATES.items()},
        "size": {name: size.label for name, size in SIZES.items()},
        "model": dict(choices.models),
        "collection": dict(choices.collections),
    }
    chips = [Chip(f"“{search.q}”", search.without("q").query)] if search.q else []
    for name in ("game", "state", "model", "size", "year", "collection"):
        if value := getattr(search, name):
            label = named.get(name, {}).get(value, value)
            chips.append(
                Chip(str(label) if label != value or name == "year" else "Deleted", search.without(name).query)
            )
    tags = dict(choices.tags)
    return chips + [Chip(f"#{tags.get(tag, tag)}", search.without("tag", tag).query) for tag in search.tag]


def suggestions(user: User) -> dict[str, list[str]]:
    """Return maps and modes that a person has entered before."""
    rows = user.videos.filter(trashed_at__isnull=True)

    def values_of(name: str) -> list[str]:
        values = rows.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()
        return list(values[:MAX_SUGGESTED])

    return {"maps": values_of("map"), "modes": values_of("mode")}
