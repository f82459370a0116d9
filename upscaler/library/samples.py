"""Sample videos, with which to try and measure a large library. They have no files to play."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.utils import timezone

from upscaler.library.collections import collection_add, collection_get_or_create
from upscaler.library.listing import AT_ONCE, listing_write
from upscaler.library.tags import tags_get
from upscaler.media.files import store_file
from upscaler.models import Artifact, Game, Job, JobState, UpscaleModel, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.repeats import Repeats
from upscaler.pipeline.core.stream_facts import AudioStream
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.planning.plan import make_plan

SAMPLE = "sample"
"""A tag of all sample videos, by which they are found and deleted again."""
NO_FILE = "This is a sample video without a file."
POSTERS = 24
MAPS = {
    Game.CE: ["Blood Gulch", "Hang 'Em High", "Chill Out", "Sidewinder", "Damnation", "Prisoner"],
    Game.HALO_2: ["Lockout", "Midship", "Zanzibar", "Headlong", "Ascension", "Coagulation"],
    Game.HALO_3: ["Guardian", "The Pit", "Valhalla", "Narrows", "Construct", "Last Resort"],
    Game.ODST: ["Crater", "Rally Point", "Lost Platoon"],
    Game.REACH: ["Countdown", "Sword Base", "Zealot", "Hemorrhage"],
    Game.CUSTOM: ["Foundry", "Sandbox", "Forge World"],
}
MODES = [
    "Slayer",
    "Team Slayer",
    "Capture the Flag",
    "Oddball",
    "King of the Hill",
    "Juggernaut",
    "Campaign",
    "Griffball",
]
NAMES = ["Sierra", "Noble", "Echo", "Kilo", "Foxtrot", "Vale", "Ember", "Corvus", "Tundra", "Mako", "Ridge", "Onyx"]
KINDS = ["montage", "warthog jump", "sniper run", "speedrun", "trick jumps", "LAN final", "machinima", "funny moments"]
TAGS = ["montage", "sniper", "LAN", "no scope", "speedrun", "glitch", "machinima", "clan", "tournament", "tutorial"]
SIZES = [(320, 240), (352, 288), (480, 360), (640, 480), (720, 480), (720, 576), (1280, 720), (1920, 1080)]
ENDED = [JobState.DONE] * 6 + [JobState.FAILED, JobState.CANCELLED, JobState.PAUSED]
"""States in which no worker claims a job."""


def make_samples(*, user: User, count: int, seed: int = 1) -> None:
    """Add sample videos to a person's library: with facts, jobs, posters, tags, and some of them in collections."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret is made with it
    models = list(UpscaleModel.objects.filter(state="ready"))
    measured = [_facts(dice, size) for size in SIZES for _ in range(4)]
    plans = [(facts, facts.to_json(), _plan(facts)) for facts in measured]
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        with transaction.atomic():
            _some(user, numbers, dice, models, plans)


def _some(
    user: User,
    numbers: Sequence[int],
    dice: random.Random,
    models: Sequence[UpscaleModel],
    plans: Sequence[tuple[Facts, dict[str, Any], dict[str, Any]]],
) -> None:
    chosen = [dice.choice(plans) for _ in numbers]
    videos = [_video(user, number, dice, facts) for number, (_, facts, _) in zip(numbers, chosen, strict=True)]
    now = timezone.now()
    Video.objects.bulk_create(videos)
    for video, number in zip(videos, numbers, strict=True):
        video.created_at = now - timedelta(hours=7 * number + dice.randrange(7))
    Video.objects.bulk_update(videos, ["created_at"], batch_size=100)
    Job.objects.bulk_create(
        job
        for video, (facts, _, plan) in zip(videos, chosen, strict=True)
        for job in _jobs(video, dice, models, facts, plan)
    )
    _tag(user, videos, dice)
    for place, name in enumerate(("Best of", "To upscale again")):
        collection = collection_get_or_create(user=user, name=name)
        assert collection is not None
        collection_add(collection=collection, ids=[video.pk for video in videos[place :: 9 + place]])
    _posters(videos, dice)
    listing_write([video.pk for video in videos])


def _video(user: User, number: int, dice: random.Random, facts: dict[str, Any]) -> Video:
    game = dice.choice(list(MAPS))
    place, mode, kind = dice.choice(MAPS[game]), dice.choice(MODES), dice.choice(KINDS)
    players = dice.sample(NAMES, dice.randrange(5))
    return Video(
        owner=user,
        title=f"{place} {kind} {number + 1}",
        original_name=f"{place}_{kind}_{number + 1}.{dice.choice(['wmv', 'avi', 'mov', 'flv'])}".replace(" ", "_"),
        state=VideoState.READY,
        starts_job=False,
        size=dice.randrange(2_000_000, 900_000_000),
        sha256=f"{dice.getrandbits(256):064x}",
        facts_json=facts,
        game=game,
        map=place,
        mode=mode,
        players=", ".join(f"{name} {dice.randrange(10, 99)}" for name in players),
        year=dice.randrange(2001, 2013),
        uploader=dice.choice(["", "bungie.org", dice.choice(NAMES)]),
        notes=dice.choice(["", f"The one with the {kind} on {place}.", "From an old backup CD."]),
        derived_files_error=NO_FILE,
    )


def _jobs(
    video: Video, dice: random.Random, models: Sequence[UpscaleModel], facts: Facts, plan: dict[str, Any]
) -> list[Job]:
    states = [dice.choice(ENDED) for _ in range(dice.choice([0, 1, 1, 1, 2, 3]))]
    return [
        Job(
            video=video,
            model=dice.choice(models),
            recipe_json=Recipe().to_json(),
            plan_json=plan,
            state=state,
            error=NO_FILE if state == JobState.FAILED else "",
            derived_files_error=NO_FILE,
            frames_total=facts.frames,
            frames_done=facts.frames if state == JobState.DONE else facts.frames // 3,
        )
        for state in states
    ]


def _tag(user: User, videos: Sequence[Video], dice: random.Random) -> None:
    tags = {tag.name: tag for tag in tags_get(user=user, names=[SAMPLE, *TAGS])}
    links = Video.tags.through
    links.objects.bulk_create(
        links(video_id=video.pk, tag_id=tags[name].pk)
        for video in videos
        for name in [SAMPLE, *dice.sample(TAGS, dice.randrange(4))]
        if name in tags
    )


def _facts(dice: random.Random, size: tuple[int, int]) -> Facts:
    """Return facts as long as those of a real video, so that the rows are as wide."""
    frames = dice.randrange(600, 18_000)
    return Facts(
        container="asf",
        codec="wmv2",
        width=size[0],
        height=size[1],
        sar=Fraction(1),
        pix_fmt="yuv420p",
        matrix="smpte170m",
        full_range=False,
        colour_tagged=False,
        decoded_frames=frames,
        rate=Fraction(30000, 1001),
        timing="constant",
        frames=frames,
        first_frame_time=Fraction(0),
        audio=(AudioStream(0, "wmav2", 44100, 2, "", ""),),
        cuts=tuple(range(90, frames, dice.randrange(60, 240))),
        poster_frame=frames // 3,
        decode_errors=0,
        repeats=Repeats.of(dice.sample(range(1, frames), frames // 20)),
    )


def _plan(facts: Facts) -> dict[str, Any]:
    wide = replace(Limits(), max_output_side=100_000)
    return dict(make_plan(facts, Recipe(), 4, wide).to_json())


def _posters(videos: Sequence[Video], dice: random.Random) -> None:
    """Give each video one of a few pictures, under a key of its own."""
    with TemporaryDirectory(prefix="haloweb-samples-") as folder:
        pictures = [_picture(Path(folder, f"{number}.jpg"), number) for number in range(POSTERS)]
        digests = [sha256_of(picture) for picture in pictures]
        artifacts = []
        for video in videos:
            number = dice.randrange(POSTERS)
            key, copy = f"videos/{video.pk}/poster.jpg", Path(folder, "copy.jpg")
            copy.write_bytes(pictures[number].read_bytes())
            store_file(copy, key)
            size = pictures[number].stat().st_size
            artifacts.append(
                Artifact(
                    video=video,
                    kind=ArtifactKind.POSTER,
                    key=key,
                    size=size,
                    sha256=digests[number],
                    width=320,
                    height=240,
                )
            )
        Artifact.objects.bulk_create(artifacts)


def _picture(path: Path, number: int) -> Path:
    """Draw a hill under a sky, in one of many lights."""
    import numpy as np

    from upscaler.pipeline.render.frame_files import write_picture

    y, x = np.mgrid[0:240, 0:320]
    hill = y > 150 + 35 * np.sin(x / 48 + number) + 12 * np.sin(x / 13 + 2 * number)
    light = 0.55 + 0.45 * np.cos(number)
    sky = np.stack([40 + 60 * light + y / 4, 70 + 50 * light + y / 3, 110 + 90 * light - y / 6], axis=-1)
    ground = np.stack([60 + 40 * light + x / 9, 75 + 30 * light + y / 9, 45 + 0 * x], axis=-1)
    grain = np.random.default_rng(number).normal(0, 5, (240, 320, 1))
    write_picture(path, np.clip(np.where(hill[..., None], ground, sky) + grain, 0, 255).astype(np.uint8))
    return path
