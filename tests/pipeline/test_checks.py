"""The check of a result holds it against its source: what is right passes, and what is silently wrong does not.

Wrong results are made as wrong code would make them: with a plan that agrees with itself, but not with the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import ffmpeg, make_clip
from tests.flashing import TV_STREAM, flashing, joined, noise
from tests.pipeline.conftest import LIMITS, Planned
from tests.pipeline.rendering import render_all
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output.verify import Verified, verify
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

pytestmark = pytest.mark.usefixtures("source_read_once")

RECIPE = Recipe(scale=Fraction(1))
FRAMES, RATE = 100, 25


def facts_of(source: Path, pictures: str = "") -> Facts:
    probed = probe(source, LIMITS)
    return analyse(source, replace(probed, opening=InputOptions(pictures)) if pictures else probed, LIMITS)


def planned(source: Path, facts: Facts, recipe: Recipe = RECIPE) -> Planned:
    return Planned(source, facts, make_plan(facts, recipe, 4, LIMITS))


def check(work: Planned, result: Path) -> Verified:
    return verify(work.source, work.facts, work.plan, result, LIMITS)


def made(work: Planned, folder: Path) -> Verified:
    """The result of a plan, checked."""
    return check(work, render_all(work, folder, LIMITS))


def lines(verified: Verified) -> dict[str, str]:
    return {line.name: line.got for line in verified.checks}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """4 s, no two frames alike, with noise throughout."""
    source = make_clip(tmp_path_factory.mktemp("checks") / "clip.mkv", frames=FRAMES, rate=str(RATE))
    return planned(source, facts_of(source))


@pytest.fixture(scope="module")
def good(work: Planned, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_all(work, tmp_path_factory.mktemp("good"), LIMITS)


@pytest.fixture
def spoilt(good: Path, tmp_path: Path) -> Callable[..., Path]:
    """The good result with its pictures or its sound put through a filter, all else as it is."""

    def spoil(*, pictures: str = "", sound: str = "") -> Path:
        target = tmp_path / "spoilt.mp4"
        through = (*(("-vf", pictures) if pictures else ()), *(("-filter_complex", sound) if sound else ()))
        maps = ("-map", "0:v", "-map", "[out]" if sound else "0:a")
        codecs = ("-c:v", "libx264" if pictures else "copy", "-c:a", "aac" if sound else "copy")
        colours = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")
        ffmpeg("-i", good, *through, *maps, *codecs, *(colours if pictures else ()), "-video_track_timescale",
               str(1000 * RATE), "-movflags", "+write_colr", target)  # fmt: skip
        return target

    return spoil


def test_a_right_result_passes_every_line_of_it(work: Planned, good: Path) -> None:
    found = lines(check(work, good))
    shown, looked_for = found["moments of the source"].split(" of ")
    assert shown == looked_for
    assert int(looked_for) >= 40
    assert found["length by the source's clock"] == "4.000 s"
    assert found["sound against the pictures"].endswith("at 4 places")


def test_the_pieces_that_the_tests_are_made_of_are_right_by_themselves(
    work: Planned, spoilt: Callable[..., Path]
) -> None:
    check(work, spoilt(pictures="null", sound="[0:a]anull[out]"))


# --- time of the pictures


@pytest.mark.parametrize("rate", [Fraction(250, 11), Fraction(49, 2), Fraction(26), Fraction(50)])
def test_pictures_at_a_speed_of_their_own_are_found(rate: Fraction, work: Planned, tmp_path: Path) -> None:
    """Slower by a tenth or by a fiftieth, and faster: the plan is sure of itself."""
    wrong = replace(work.facts, rate=rate, timing="constant")
    with pytest.raises(PipelineError, match="length by the source's clock") as failed:
        made(planned(work.source, wrong), tmp_path)
    assert "moments of the source" in str(failed.value)


def test_pictures_that_drift_out_of_a_variable_rate_are_found(tmp_path: Path) -> None:
    """Each frame in the slot behind the one before it, whatever its time."""
    source = flashing(tmp_path / "drift.mkv", ("-c:v", "libx264"), shown="settb=1/1000,setpts='N*40+gte(N,30)*400'",
                      heard="asetpts='PTS+gte(T,1.2)*0.4/TB'")  # fmt: skip
    facts = facts_of(source)
    assert facts.timing == "variable"
    wrong = replace(facts, timing="constant", frames=facts.decoded_frames, gaps=())
    with pytest.raises(PipelineError, match="moments of the source"):
        made(planned(source, wrong), tmp_path)


@pytest.mark.parametrize(
    "pictures",
    [
        "trim=end_frame=50,tpad=stop=50:stop_mode=clone",
        "trim=end_frame=50,tpad=stop=50:stop_mode=add:color=black",
        "drawbox=w=iw:h=ih:c=gray:t=fill:enable='gt(t,2)'",
        "trim=start_frame=50,setpts=PTS-STARTPTS,tpad=stop=50:stop_mode=clone",
        "trim=end_frame=95,tpad=start=5:start_mode=clone",
        "reverse",
        "split[a][b];[a]trim=start_frame=50,setpts=PTS-STARTPTS[c];[b]trim=end_frame=50[d];[c][d]concat",
    ],
    ids=["stopped", "black", "gray", "beginning missing", "late", "backwards", "halves swapped"],
)
def test_pictures_that_are_not_at_their_time_are_found(
    pictures: str, work: Planned, spoilt: Callable[..., Path]
) -> None:
    with pytest.raises(PipelineError, match=r"moments of the source: \d+ of \d+"):
        check(work, spoilt(pictures=pictures))


def test_another_part_than_the_one_that_was_asked_for_is_found(work: Planned, tmp_path: Path) -> None:
    asked = planned(work.source, work.facts, replace(RECIPE, trim=(30, 80)))
    other = planned(work.source, work.facts, replace(RECIPE, trim=(10, 60)))
    with pytest.raises(PipelineError, match="moments of the source"):
        check(asked, render_all(other, tmp_path, LIMITS))


# --- time and pitch of the sound


@pytest.mark.parametrize(
    ("sound", "says"),
    [
        ("volume=0:enable='gt(t,2)'", r"(silence|moved by -?\d+\.\d ms|different sound) at 0:02"),
        ("volume=0:enable='lt(t,2)'", r"(silence|moved by -?\d+\.\d ms|different sound) at 0:00"),
        ("volume=0:enable='between(t,1.2,2.8)'", r"silence|different sound|moved"),
        ("atrim=end=3", r"(silence|moved by -?\d+\.\d ms|different sound) at 0:0(2\.9|3)"),
        ("atrim=start=0.02,asetpts=PTS-STARTPTS", "moved by -"),
        ("adelay=40:all=1", r"moved by (39|40)\.\d ms"),
        ("asplit[a][b];[a]atrim=end=2[c];[b]atrim=start=1.96,asetpts=PTS-STARTPTS[d];[c][d]concat=v=0:a=1",
         r"moved by (39|40)\.\d ms at 0:0[23]"),
        ("asplit[a][b];[a]atrim=end=2[c];[b]atrim=start=2.04,asetpts=PTS-STARTPTS[d];[c][d]concat=v=0:a=1",
         r"moved by -[34]\d\.\d ms at 0:0[23]"),
        ("asplit[a][b];[a]atrim=end=2[c];[b]atrim=start=2,asetpts=PTS-STARTPTS,asetrate=40500,aresample=44100[d];"
         "[c][d]concat=v=0:a=1", "different sound|moved"),
        ("atempo=0.98", "moved|different sound"),
    ],
    ids=["end mute", "beginning mute", "middle mute", "tail cut", "early", "late", "second half late",
         "second half early", "second half at another pitch", "slow"],
)  # fmt: skip
def test_sound_that_is_not_as_it_was_is_found_wherever_that_is(
    sound: str, says: str, work: Planned, spoilt: Callable[..., Path]
) -> None:
    with pytest.raises(PipelineError, match=f"sound against the pictures: ({says})"):
        check(work, spoilt(sound=f"[0:a]{sound}[out]"))


def with_two_tracks(folder: Path) -> Planned:
    source = folder / "two.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=3", "-f", "lavfi", "-i",
           "anoisesrc=seed=1:duration=3:amplitude=0.5", "-f", "lavfi", "-i",
           "anoisesrc=seed=2:duration=3:amplitude=0.5", "-map", "0", "-map", "1", "-map", "2", "-c:v", "mpeg4",
           "-c:a", "pcm_s16le", source)  # fmt: skip
    return planned(source, facts_of(source))


def test_of_a_damaged_source_a_result_is_kept_and_the_line_that_failed_is_said(
    work: Planned, spoilt: Callable[..., Path]
) -> None:
    """Its sound may decode in another way each time, and nobody waits for hours to be given nothing."""
    damaged = replace(work, facts=replace(work.facts, decode_errors=3))
    verified = check(damaged, spoilt(sound="[0:a]adelay=40:all=1[out]"))
    (said,) = verified.warnings
    assert said.startswith("The source is damaged, and part of the check failed: sound against the pictures: moved by")


def test_of_a_damaged_source_what_was_planned_has_to_be_there(work: Planned, good: Path, tmp_path: Path) -> None:
    damaged, mute = replace(work, facts=replace(work.facts, decode_errors=3)), tmp_path / "mute.mp4"
    ffmpeg("-i", good, "-an", "-c", "copy", mute)
    with pytest.raises(PipelineError, match=r"audio tracks: none instead of"):
        check(damaged, mute)


@pytest.fixture(scope="module")
def two_tracks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Planned, Path]:
    """The work, and a good result of it."""
    folder = tmp_path_factory.mktemp("two")
    both = with_two_tracks(folder)
    return both, render_all(both, folder, LIMITS)


def test_two_tracks_that_are_right_pass(two_tracks: tuple[Planned, Path]) -> None:
    assert "sound against the pictures, track 2" in lines(check(*two_tracks))


@pytest.mark.parametrize("spoil", ["volume=0", "volume=0:enable='gt(t,1.5)'", "adelay=60:all=1"])
def test_each_track_is_listened_to(spoil: str, two_tracks: tuple[Planned, Path], tmp_path: Path) -> None:
    (both, result), target = two_tracks, tmp_path / "spoilt.mp4"
    ffmpeg("-i", result, "-map", "0", "-c", "copy", "-c:a:1", "aac", "-filter:a:1", spoil, target)
    with pytest.raises(PipelineError, match="sound against the pictures, track 2: "):
        check(both, target)


def test_sound_that_is_the_opposite_on_the_other_side_is_listened_to(tmp_path: Path) -> None:
    """Its sides cancel out where they are mixed in equal parts."""
    source, spoilt = tmp_path / "opposite.mkv", tmp_path / "spoilt.mp4"
    sound = "anoisesrc=seed=1:duration=3:amplitude=0.5,pan=stereo|c0=c0|c1=-1*c0"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=3", "-f", "lavfi", "-i", sound, "-c:v", "mpeg4",
           "-c:a", "pcm_s16le", source)  # fmt: skip
    work = planned(source, facts_of(source))
    result = render_all(work, tmp_path, LIMITS)
    assert "sound against the pictures" in lines(check(work, result))
    ffmpeg("-i", result, "-c:v", "copy", "-c:a", "aac", "-af", "adelay=60:all=1", spoilt)
    with pytest.raises(PipelineError, match=r"sound against the pictures: moved by (59|60)\."):
        check(work, spoilt)


def test_tracks_that_were_exchanged_are_found(two_tracks: tuple[Planned, Path], tmp_path: Path) -> None:
    (both, result), target = two_tracks, tmp_path / "swapped.mp4"
    ffmpeg("-i", result, "-map", "0:v", "-map", "0:a:1", "-map", "0:a:0", "-c", "copy", target)
    with pytest.raises(PipelineError, match=r"sound against the pictures: (different sound|moved)"):
        check(both, target)


def twice(folder: Path, ending: str = "flv") -> Path:
    """Two recordings, one behind the other; the clock begins again, and what they show and play differs."""
    parts = []
    for number in range(2):
        parts.append(folder / f"{number}.{ending}")
        picture = f"testsrc2=size=64x48:rate=25:duration=2,noise=alls=24:all_seed={number + 1}:allf=t"
        sound = f"anoisesrc=seed={number + 1}:duration=2:amplitude=0.5"
        codecs = ("-c:v", "flv", "-q:v", "5", "-c:a", "libmp3lame", "-ar", "44100")
        ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *codecs, parts[-1])
    whole_file = folder / f"twice.{ending}"
    first, second = (part.read_bytes() for part in parts)
    whole_file.write_bytes(first + second[13:])
    return whole_file


def test_two_recordings_in_one_file_pass(tmp_path: Path) -> None:
    source = twice(tmp_path)
    facts = facts_of(source)
    assert (len(facts.seams), bool(facts.audio[0].shifts)) == (1, True)
    made(planned(source, facts), tmp_path)


def test_the_sound_of_a_second_recording_that_stays_behind_is_found(tmp_path: Path) -> None:
    source = twice(tmp_path)
    facts = facts_of(source)
    wrong = replace(facts, audio=(replace(facts.audio[0], shifts=()),))
    with pytest.raises(PipelineError, match="sound against the pictures: "):
        made(planned(source, wrong), tmp_path)


def test_the_same_sound_again_within_a_moment_is_not_taken_for_itself(tmp_path: Path) -> None:
    """Games play one sample for each shot. The result is right, and passes."""
    source = tmp_path / "shots.mkv"
    shot = "if(lt(mod(t,{every}),0.1),if(lt(mod(t,{every}),1/44100),st(0,7),0)*0+0.6*(2*random(0)-1),0)"
    sound = f"aevalsrc='{shot.format(every=1.30071)}':s=44100:d=6"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=6", "-f", "lavfi", "-i", sound, "-c:v", "mpeg4",
           "-c:a", "pcm_s16le", source)  # fmt: skip
    made(planned(source, facts_of(source)), tmp_path)


def test_one_recording_behind_itself_passes(tmp_path: Path) -> None:
    once = flashing(tmp_path / "once.flv", ("-c:v", "flv"), ("-c:a", "aac"), seconds=1.5).read_bytes()
    source = tmp_path / "thrice.flv"
    source.write_bytes(once + once[13:] + once[13:])
    made(planned(source, facts_of(source)), tmp_path)


@pytest.mark.parametrize(
    "sound", ["sine=1000:duration=3", "anullsrc=duration=3", "sine=440:duration=3,volume=0:enable='lt(t,2)'"]
)
def test_a_tone_and_silence_pass(sound: str, tmp_path: Path) -> None:
    source = tmp_path / "tone.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=3", "-f", "lavfi", "-i", sound, "-c:v", "mpeg4",
           "-c:a", "pcm_s16le", source)  # fmt: skip
    made(planned(source, facts_of(source)), tmp_path)


@pytest.mark.parametrize("picture", ["color=black:size=64x48:rate=25:duration=2", "smptebars=size=64x48:rate=5:d=4"])
def test_pictures_that_stand_still_pass(picture: str, tmp_path: Path) -> None:
    source = tmp_path / "still.mkv"
    ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "mpeg4", source)
    made(planned(source, facts_of(source)), tmp_path)


# --- which film it is


def test_a_still_in_place_of_the_film_is_found(tmp_path: Path) -> None:
    source = tmp_path / "thumb.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=1:duration=1", "-f", "lavfi", "-i",
           "testsrc2=size=64x48:rate=25:duration=2", "-map", "0", "-map", "1", "-c:v:0", "mjpeg", "-c:v:1", "libx264",
           source)  # fmt: skip
    right, still = facts_of(source), facts_of(source, "v:0")
    assert (right.decoded_frames, still.decoded_frames) == (50, 1)
    made(planned(source, right), tmp_path)
    with pytest.raises(PipelineError, match="video stream: 1 packets instead of about 50 packets"):
        made(planned(source, still), tmp_path)


# --- parts of which the file says something else


def parts(folder: Path, pictures: tuple[str, str], options: tuple[tuple[str, ...], tuple[str, ...]]) -> Path:
    made_of = []
    for number, (picture, more) in enumerate(zip(pictures, options, strict=True)):
        made_of.append(folder / f"{number}.ts")
        ffmpeg("-f", "lavfi", "-i", picture, *more, *TV_STREAM, "-output_ts_offset", str(number), made_of[-1])
    return joined(folder / "parts.ts", *made_of)


def test_a_part_that_was_squashed_is_found(tmp_path: Path) -> None:
    moving, mpeg2 = "testsrc2=size=96x64:rate=25:duration=1", ("-c:v", "mpeg2video", "-q:v", "4")
    source = parts(tmp_path, (moving, moving), ((*mpeg2, "-aspect", "4:3"), (*mpeg2, "-aspect", "16:9")))
    facts = facts_of(source)
    assert lines(made(planned(source, facts), tmp_path))["shape from 0:01.0 on"] == "its own"
    with pytest.raises(PipelineError, match=r"shape from 0:01\.0 on: that of the previous part instead of its own"):
        made(planned(source, replace(facts, headers=())), tmp_path)


@pytest.mark.parametrize(
    "said",
    [(("smpte170m", "tv"), ("bt709", "tv")), (("smpte170m", "tv"), ("smpte170m", "pc"))],
    ids=["matrix", "range"],
)
def test_a_part_with_the_colours_of_another_is_found(
    said: tuple[tuple[str, str], tuple[str, str]], tmp_path: Path
) -> None:
    pictures = tuple(
        "color=0x28B43C:s=64x48:r=25:d=1,drawbox=x=8:y=8:w=16:h=16:c=red:t=fill,format=gbrp,"
        f"scale=out_color_matrix={matrix}:out_range={span},format=yuv420p"
        for matrix, span in said
    )
    options = tuple(
        ("-c:v", "libx264", "-qp", "3", "-colorspace", matrix, "-color_range", span) for matrix, span in said
    )
    source = parts(tmp_path, (pictures[0], pictures[1]), (options[0], options[1]))
    facts = facts_of(source)
    assert "colours from 0:01.0 on" in lines(made(planned(source, facts), tmp_path))
    with pytest.raises(PipelineError, match=r"colours from 0:01\.0 on: \d+ off instead of within 8 of 255"):
        made(planned(source, replace(facts, headers=())), tmp_path)


@pytest.mark.parametrize("orders", [("tff",), ("tff", "bff")])
def test_fields_that_were_taken_for_whole_frames_are_found(orders: tuple[str, ...], tmp_path: Path) -> None:
    weave = {"tff": "interleave_top", "bff": "interleave_bottom,setfield=bff"}
    parts_of = []
    for number, order in enumerate(orders):
        parts_of.append(tmp_path / f"{number}.ts")
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=64x320:rate=50:duration=1.2,tinterlace={weave[order]}", "-c:v",
               "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "10", *TV_STREAM, "-output_ts_offset", str(1.2 * number),
               parts_of[-1])  # fmt: skip
    source = joined(tmp_path / "fields.ts", *parts_of)
    facts = facts_of(source)
    made(planned(source, facts), tmp_path)
    wrong = replace(facts, field_order="progressive", interlaced_share=0.0, fields_are="together",
                    field_order_changes=False)  # fmt: skip
    with pytest.raises(PipelineError, match=r"frames of the source: interlaced .* instead of progressive"):
        made(planned(source, wrong), tmp_path)


def test_a_burst_at_the_very_end_is_listened_for(tmp_path: Path) -> None:
    source, target = tmp_path / "end.mkv", tmp_path / "cut.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=4", "-f", "lavfi", "-i",
           noise(4, moments=(0.4, 3.8)), "-c:v", "mpeg4", "-c:a", "pcm_s16le", source)  # fmt: skip
    work = planned(source, facts_of(source))
    result = render_all(work, tmp_path, LIMITS)
    check(work, result)
    ffmpeg("-i", result, "-c", "copy", "-c:a", "aac", "-af", "atrim=end=3.7", target)
    with pytest.raises(PipelineError, match=r"sound against the pictures: (silence|moved|different)"):
        check(work, target)
