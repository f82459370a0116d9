"""An upscale made elsewhere, with real files: from its arrival to the comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import clips, factories
from tests.fakes import EnqueuedTasks
from upscaler.jobs import tasks
from upscaler.models import Job, JobState, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import COMPARISON_VERSION
from upscaler.publish.comparison import comparison
from upscaler.selectors.jobs import jobs_comparable_with, stills_of
from upscaler.selectors.videos import artifact_of_video

pytestmark = pytest.mark.django_db(transaction=True)

Bring = Callable[..., Video]
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p")
BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
ENLARGED = "scale=256:192:flags=lanczos:out_color_matrix=bt709:out_range=limited"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 frames of a picture in motion, with sound."""
    return clips.make_clip(tmp_path_factory.mktemp("pairs") / "original.avi", frames=90)


@pytest.fixture
def original(measured: Callable[[Path], Video], clip: Path) -> Video:
    return measured(clip)


@pytest.fixture
def upscale(clip: Path, tmp_path: Path) -> Callable[..., Path]:
    """What another program makes of the clip: ``upscale("a.mp4", *options)``."""

    def made(name: str, *options: str, filters: str = ENLARGED, source: Path = clip) -> Path:
        target = tmp_path / name
        clips.ffmpeg("-i", source, "-vf", filters, "-c:a", "aac", *(options or (*H264, *BT709)), f"file:{target}")
        return target

    return made


@pytest.fixture
def add(bring: Bring, enqueued: EnqueuedTasks, original: Video) -> Callable[..., Video]:
    """Bring a file as an upscale of the original, and do all that is rung for."""

    def added(path: Path, **values: object) -> Video:
        usual: dict[str, object] = {"upscale_of": original, "starts_job": False, "title": "Topaz, 2024"}
        video = bring(path, **usual | values)
        tasks.take_in_video(str(video.pk))
        enqueued.run_all()
        return video

    return added


def refused(video: Video) -> str:
    """What is said of a file that stays a video of its own."""
    video.refresh_from_db()
    assert (video.state, Job.objects.count()) == (VideoState.READY, 0)
    assert factories.has_file(video.key)
    assert artifact_of_video(video, ArtifactKind.PROXY) is not None
    return video.notice


def test_a_whole_upscale_becomes_a_result_that_is_compared(
    add: Callable[..., Video], upscale: Callable[..., Path], original: Video
) -> None:
    path = upscale("made.mp4")
    content = path.read_bytes()
    video = add(path)

    job = Job.objects.get()
    assert (job.video, job.model, job.is_import, job.made_with) == (original, None, True, "Topaz, 2024")
    assert (job.state, job.frames_done, job.derived_files_error, job.comparison_version) == (
        JobState.DONE,
        90,
        "",
        COMPARISON_VERSION,
    )
    assert (job.plan.frame_count, job.plan.is_trimmed, job.plan.rate) == (90, False, 30)
    assert (job.plan.output.width, job.plan.output.height) == (256, 192)
    result = job.artifacts.get(kind=ArtifactKind.RESULT)
    assert factories.stored(result.key) == content
    assert not job.artifacts.filter(kind=ArtifactKind.PLAYABLE).exists(), "browsers play it as it is"
    assert len(stills_of(job)) >= 5
    assert job.artifacts.filter(kind=ArtifactKind.COMPARISON_CLIP).exists()
    assert job.artifacts.filter(kind=ArtifactKind.LINK_PREVIEW).exists()
    assert not Video.objects.filter(pk=video.pk).exists()
    assert not factories.has_file(video.key)


def test_a_stretch_is_found_where_it_was_cut_from(add: Callable[..., Video], upscale: Callable[..., Path]) -> None:
    cut = f"trim=start_frame=23:end_frame=61,setpts=PTS-STARTPTS,{ENLARGED}"
    add(upscale("cut.mp4", "-an", *H264, *BT709, filters=cut))

    plan = Job.objects.get().plan
    assert (plan.first_frame, plan.frame_count, plan.is_trimmed) == (23, 38, True)
    assert Job.objects.get().comparison_version == COMPARISON_VERSION


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lossless.mkv", ("-c:v", "ffv1", "-pix_fmt", "bgr0")),
        ("small.mp4", ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")),
        ("grey.mp4", (*H264, "-color_range", "pc")),
    ],
)
def test_what_browsers_do_not_play_gets_a_copy_that_they_do(
    add: Callable[..., Video], upscale: Callable[..., Path], name: str, options: tuple[str, ...]
) -> None:
    add(upscale(name, *options))

    job = Job.objects.get()
    result, copy = (job.artifacts.get(kind=kind) for kind in (ArtifactKind.RESULT, ArtifactKind.PLAYABLE))
    assert result.key.endswith(Path(name).suffix)
    assert copy.content_type == "video/mp4"
    assert (job.comparison_version, job.derived_files_error) == (COMPARISON_VERSION, "")
    assert comparison(job, None)["player"]["clip"]


def test_colours_and_contrast_of_another_program_do_not_matter(
    add: Callable[..., Video], upscale: Callable[..., Path]
) -> None:
    add(upscale("bright.mp4", filters=f"eq=contrast=1.25:brightness=0.06:saturation=1.4,unsharp,{ENLARGED}"))

    assert Job.objects.get().comparison_version == COMPARISON_VERSION


def test_another_clip_is_refused_in_words_and_stays(add: Callable[..., Video], tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    clips.ffmpeg("-f", "lavfi", "-i", "mandelbrot=size=256x192:rate=30", "-frames:v", "90", *H264, other)

    assert "its frames don't match the original" in refused(add(other)).lower()


def test_frames_in_another_order_are_refused(add: Callable[..., Video], upscale: Callable[..., Path]) -> None:
    backwards = upscale("backwards.mp4", "-an", *H264, *BT709, filters=f"reverse,{ENLARGED}")

    assert "don't match the original" in refused(add(backwards))


def test_another_rate_is_refused_with_both_rates(add: Callable[..., Video], upscale: Callable[..., Path]) -> None:
    smooth = upscale("smooth.mp4", "-an", *H264, "-r", "60")

    assert "It has 60 frames per second and the original has 30" in refused(add(smooth))


def test_more_frames_than_the_original_has_are_refused(add: Callable[..., Video], upscale: Callable[..., Path]) -> None:
    longer = upscale("longer.mp4", "-an", *H264, filters=f"tpad=stop=12:stop_mode=clone,{ENLARGED}")

    assert "It has 102 frames and the original has 90" in refused(add(longer))


def test_a_stretch_in_which_nothing_moves_is_refused(
    measured: Callable[[Path], Video], add: Callable[..., Video], tmp_path: Path
) -> None:
    still = tmp_path / "still.mkv"
    clips.ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=3,select=eq(n\\,0),loop=89:1,setpts=N/30/TB",
                 "-c:v", "ffv1", "-frames:v", "90", still)  # fmt: skip
    part = tmp_path / "part.mp4"
    clips.ffmpeg("-i", still, "-vf", ENLARGED, "-frames:v", "40", *H264, part)

    assert "too little moves in it" in refused(add(part, upscale_of=measured(still)))


def test_one_whose_original_is_gone_stays_a_video(
    bring: Bring, upscale: Callable[..., Path], original: Video, enqueued: EnqueuedTasks
) -> None:
    video = bring(upscale("made.mp4"), upscale_of=original, starts_job=False)
    Video.objects.filter(pk=original.pk).update(trashed_at=original.created_at)
    tasks.take_in_video(str(video.pk))
    enqueued.run_all()

    assert "The original was deleted" in refused(video)


def test_one_that_is_put_into_the_trash_stays_there(
    bring: Bring, upscale: Callable[..., Path], original: Video, enqueued: EnqueuedTasks
) -> None:
    video = bring(upscale("made.mp4"), upscale_of=original, starts_job=False)
    Video.objects.filter(pk=video.pk).update(trashed_at=original.created_at)
    tasks.take_in_video(str(video.pk))
    enqueued.run_all()

    assert "moved to the trash" in refused(video)
    assert not factories.files_under("jobs")


def test_each_field_of_an_interlaced_original_may_have_a_frame(
    measured: Callable[[Path], Video], add: Callable[..., Video], tmp_path: Path
) -> None:
    whole, fields, made = clips.corpus("mpeg2_640x480_interlaced_tff.mpg"), tmp_path / "fields.mpg", tmp_path / "a.mp4"
    clips.ffmpeg("-i", whole, "-t", "1", "-c", "copy", fields)
    original = measured(fields)
    assert original.facts and original.facts.is_interlaced
    clips.ffmpeg("-i", fields, "-vf", "bwdif=mode=send_field:parity=tff:deint=all,scale=800:600", *H264,
                 "-fps_mode", "passthrough", made)  # fmt: skip

    add(made, upscale_of=original)

    plan = Job.objects.get().plan
    assert (plan.frame_count, plan.per_frame, plan.is_trimmed) == (2 * original.facts.frames, 2, False)
    assert (Job.objects.get().comparison_version, Job.objects.get().derived_files_error) == (COMPARISON_VERSION, "")


def test_an_interrupted_match_is_done_once_more_and_leaves_one_job(
    bring: Bring, upscale: Callable[..., Path], original: Video, enqueued: EnqueuedTasks
) -> None:
    video = bring(upscale("made.mp4"), upscale_of=original, starts_job=False)
    Video.objects.filter(pk=video.pk).update(state=VideoState.PAIRING)
    for _ in range(2):
        tasks.take_in_video(str(video.pk))

    assert enqueued.names == ["remove_folder", "make_comparison"]
    assert Job.objects.get().is_import


def test_it_is_compared_with_what_was_made_here(
    add: Callable[..., Video], upscale: Callable[..., Path], original: Video
) -> None:
    own = factories.make_finished_job(original)
    video = add(upscale("made.mp4"))

    job = Job.objects.exclude(pk=own.pk).get()
    assert jobs_comparable_with(job) == [own]
    assert comparison(own, None, against=job)["player"]["names"] == [video.title, own.made_with]
