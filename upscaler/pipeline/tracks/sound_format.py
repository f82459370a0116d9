"""In which form sound is handed to encoders: how many channels, for which loudspeakers, and how finely."""

from __future__ import annotations

from upscaler.pipeline.core.facts import AudioStream, SoundForm

DEEP, USUAL = "s32", "s16"
SAMPLE_BYTES = {DEEP: 4, USUAL: 2}
LAYOUTS = (
    *("mono", "stereo", "2.1", "3.0", "3.0(back)", "4.0", "quad", "quad(side)", "3.1", "5.0", "5.0(side)", "4.1"),
    *("5.1", "5.1(side)", "6.0", "6.0(front)", "hexagonal", "6.1", "6.1(back)", "6.1(front)", "7.0", "7.0(front)"),
    *("7.1", "7.1(wide)", "7.1(wide-side)", "octagonal", "hexadecagonal"),
)
"""Names that ffmpeg's AAC encoder takes, and of up to eight channels its FLAC encoder too."""
BY_COUNT = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""What is meant where a file names no loudspeakers, or some that no encoder knows."""


def form_of(stream: AudioStream, most_channels: int = 64) -> SoundForm:
    """The stream's own, by a name that encoders know.

    One channel is mono and two are stereo, whatever loudspeakers the file names. With more than ``most_channels``, it
    is mixed down to 7.1.
    """
    count, layout = stream.channels, stream.layout
    if count <= 2 or layout not in LAYOUTS:
        layout = BY_COUNT.get(count, "")
    if count > most_channels:
        layout, count = "7.1", 8
    return SoundForm(stream.sample_rate, count, layout)
