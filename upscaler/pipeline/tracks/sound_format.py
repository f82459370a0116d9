"""Channel layout and sample format of the sound that encoders get."""

from __future__ import annotations

from upscaler.pipeline.core.stream_facts import AudioStream, SoundForm

HIGH_BIT, STANDARD_BIT = "s32", "s16"
SAMPLE_BYTES = {HIGH_BIT: 4, STANDARD_BIT: 2}
LAYOUTS = (
    *("mono", "stereo", "2.1", "3.0", "3.0(back)", "4.0", "quad", "quad(side)", "3.1", "5.0", "5.0(side)", "4.1"),
    *("5.1", "5.1(side)", "6.0", "6.0(front)", "hexagonal", "6.1", "6.1(back)", "6.1(front)", "7.0", "7.0(front)"),
    *("7.1", "7.1(wide)", "7.1(wide-side)", "octagonal", "hexadecagonal"),
)
"""Layouts that ffmpeg's AAC encoder supports, and up to eight channels, its FLAC encoder too."""
LAYOUT_BY_CHANNELS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""The layout to assume where a file has none, or one that no encoder supports."""


def encodable_form(stream: AudioStream, max_channels: int = 64) -> SoundForm:
    """Return the stream's form with a layout that encoders support.

    One channel is mono and two are stereo, whatever the file's layout. More than ``max_channels`` are mixed down
    to 7.1.
    """
    count, layout = stream.channels, stream.layout
    if count <= 2 or layout not in LAYOUTS:
        layout = LAYOUT_BY_CHANNELS.get(count, "")
    if count > max_channels:
        layout, count = "7.1", 8
    return SoundForm(stream.sample_rate, count, layout)
