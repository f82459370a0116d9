"""An evaluation as tables in markdown, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from .clips import Sampling
from .summary import ARTEFACTS, CRISPNESS, DISTORTION, METRICS, Difference, Mean, Means, Metric, Summary

BASICS = ("psnr_y", "ssim_y", "vmaf_neg", "gmsd", "haarpsi", "blocking")
"""Metrics of the tables by codec, map and motion."""
EXPLANATIONS = {
    DISTORTION: "how near to the truth; more is better",
    CRISPNESS: "how crisp: sharpness is the gradients' strength relative to the truth, best at 1; "
    "GMSD: less is better; HaarPSI: more is better",
    ARTEFACTS: "in levels of 255; less is better: steps at the borders of the codec's 8x8 blocks beyond the truth's, "
    "change over time where the truth doesn't change, and of the mean R, G or B over a clip the largest difference "
    "from the truth's (shift) and from the source's (change)",
}
HEADINGS = {"codec": "By codec", "map": "By map", "motion": "By amount of motion (mean change of the truth, of 255)"}


def to_json(summary: Summary, sampling: Sampling) -> dict[str, Any]:
    """Return everything that was measured, as plain data that JSON gives back unchanged."""
    data: dict[str, Any] = json.loads(json.dumps({"sampling": asdict(sampling), **asdict(summary)}))
    return data


def to_markdown(summary: Summary, sampling: Sampling) -> str:
    """Return the tables: means over the clips with standard errors, differences from stock and Lanczos, groups."""
    return (
        "\n\n".join([_introduction(summary, sampling), *axes(summary), *_versus(summary), *_by_group(summary)]) + "\n"
    )


def axes(summary: Summary) -> list[str]:
    """Return a table for each axis: distortion, crispness and artefacts."""
    return [
        f"### {axis.capitalize()}: {text}\n\n" + _table(summary.means, [each for each in METRICS if each.axis == axis])
        for axis, text in EXPLANATIONS.items()
    ]


def _introduction(summary: Summary, sampling: Sampling) -> str:
    bursts = (
        f"{sampling.burst} successive frames of every {sampling.every}"
        if sampling.burst > 1
        else (f"every {sampling.every}th frame" if sampling.every > 1 else "every frame")
    )
    costs = ", ".join(f"{name} {seconds:.3f}" for name, seconds in summary.cpu_seconds.items())
    bursts += f" from frame {sampling.first}" if sampling.first else ""
    return (
        f"{len(summary.clips)} clips, {summary.frames} frames ({bursts}), means over the clips ± standard error. "
        f"VMAF-NEG and XPSNR take the evaluated frames as one sequence.\n\nProcessor seconds per frame: {costs}."
    )


def _table(rows: dict[str, Means], metrics: Iterable[Metric]) -> str:
    shown = [metric for metric in metrics if any(metric.key in means for means in rows.values())]
    lines = [[name, *(cell(means.get(metric.key), metric) for metric in shown)] for name, means in rows.items()]
    return markdown_table(["model", *(metric.heading for metric in shown)], lines)


def _versus(summary: Summary) -> list[str]:
    """Return a table for each baseline: differences, and on how many clips a model is worse."""
    sections = []
    for baseline in dict.fromkeys(other for each in summary.differences.values() for other in each):
        rows = {name: each[baseline] for name, each in summary.differences.items() if baseline in each}
        shown = [metric for metric in METRICS if any(metric.key in row for row in rows.values())]
        lines = [
            [
                name,
                *(_counted(row[metric.key], metric) if metric.key in row else "n/a" for metric in shown),
            ]
            for name, row in rows.items()
        ]
        losing = [
            f"- {name} is below {baseline} in PSNR-Y on: {_names(row['psnr_y'].worse, len(summary.clips))}"
            for name, row in rows.items()
            if "psnr_y" in row and row["psnr_y"].worse
        ]
        table = markdown_table(["model", *(metric.heading for metric in shown)], lines)
        title = f"### Difference from {baseline} (in brackets: clips on which it is worse, of {len(summary.clips)})"
        sections.append("\n\n".join([title, table, *(["\n".join(losing)] if losing else [])]))
    return sections


def _counted(difference: Difference, metric: Metric) -> str:
    """Return a difference, and on how many clips it is for the worse."""
    return gap(difference.mean, metric) + (f" ({len(difference.worse)})" if metric.better else "")


def _names(clips: Sequence[str], count: int) -> str:
    return "all clips" if len(clips) == count > 1 else ", ".join(clips)


def _by_group(summary: Summary) -> list[str]:
    metrics = [metric for metric in METRICS if metric.key in BASICS]
    sections = []
    for kind, groups in summary.groups.items():
        shown = [each for each in metrics if any(each.key in m for rows in groups.values() for m in rows.values())]
        lines = [
            [group, name, str(means["psnr_y"].count), *(cell(means.get(metric.key), metric) for metric in shown)]
            for group, rows in groups.items()
            for name, means in rows.items()
        ]
        header = [kind, "model", "clips", *(metric.heading for metric in shown)]
        sections.append(f"### {HEADINGS[kind]}\n\n{markdown_table(header, lines)}")
    return sections


def cell(mean: Mean | None, metric: Metric) -> str:
    """Return a mean with its standard error, such as "28.54 ± 0.21"."""
    if mean is None:
        return "n/a"
    error = f" ± {mean.error:.{metric.digits}f}" if mean.error is not None else ""
    return f"{mean.value:.{metric.digits}f}{error}"


def gap(mean: Mean, metric: Metric) -> str:
    """Return a difference with its standard error, such as "+0.43 ± 0.03"."""
    error = f" ± {mean.error:.{metric.digits}f}" if mean.error is not None else ""
    return f"{mean.value:+.{metric.digits}f}{error}"


def markdown_table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in markdown."""
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in rows)
