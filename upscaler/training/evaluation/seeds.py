"""Ways of training, each tried with several seeds: what a difference is worth.

Contestants that are called WAY/SEED, such as "with quantisers/0", are runs of one way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .report import cell, gap, markdown_table
from .summary import METRICS, Mean, Means, Metric, Summary, mean_of

SEPARATOR = "/"
ALL = "all clips"
SHOWN = ("psnr_y", "ssim_y", "vmaf_neg")


@dataclass(frozen=True)
class SeedRow:
    """One metric on all clips or on those of one codec."""

    group: str
    metric: Metric
    means: dict[str, Mean]
    """For each way, the mean over its seeds of the mean over the clips."""
    gains: dict[str, Mean]
    """For each way but the first, the mean over the seeds of its difference from the first with the same seed."""
    lowest: dict[str, float]
    """For each way but the first, the least of those differences, as ``Metric.better`` counts them."""


def ways_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the seeds of each way among contestants' names. Other contestants are left out."""
    ways: dict[str, list[str]] = {}
    for name in names:
        way, separator, seed = name.rpartition(SEPARATOR)
        if separator:
            ways.setdefault(way, []).append(seed)
    return ways


def over_seeds(summary: Summary) -> list[SeedRow]:
    """Return the means and differences of ways of training, for all clips and each codec.

    Differences are taken over the seeds that both ways have. Nothing is returned unless there are two ways.
    """
    ways = ways_of(summary.means)
    if len(ways) < 2:
        return []
    groups = {ALL: summary.means, **summary.groups["codec"]}
    metrics = [metric for metric in METRICS if metric.key in SHOWN]
    rows = []
    for group, by_name in groups.items():
        for metric in metrics:
            values = {way: _by_seed(way, seeds, by_name, metric) for way, seeds in ways.items()}
            if all(values.values()):
                rows.append(_row(group, metric, values))
    return rows


def _by_seed(way: str, seeds: Sequence[str], by_name: Mapping[str, Means], metric: Metric) -> dict[str, float]:
    """Return the metric of each seed that has it."""
    means = {seed: by_name.get(f"{way}{SEPARATOR}{seed}", {}) for seed in seeds}
    return {seed: each[metric.key].value for seed, each in means.items() if metric.key in each}


def _row(group: str, metric: Metric, values: dict[str, dict[str, float]]) -> SeedRow:
    first, *others = values
    gaps = {
        way: [value - values[first][seed] for seed, value in values[way].items() if seed in values[first]]
        for way in others
    }
    gaps = {way: each for way, each in gaps.items() if each}
    return SeedRow(
        group,
        metric,
        {way: mean_of(list(each.values())) for way, each in values.items()},
        {way: mean_of(each) for way, each in gaps.items()},
        {way: min(each, key=lambda gap: gap * metric.better) for way, each in gaps.items()},
    )


def to_markdown(rows: Sequence[SeedRow]) -> str:
    """Return a table of the ways, with the standard errors over seeds; "" without rows."""
    if not rows:
        return ""
    first, *others = rows[0].means
    header = ["clips", "metric", first]
    for way in others:
        header += [way, f"{way} - {first}", "least"]
    lines = [
        [
            row.group,
            row.metric.heading,
            cell(row.means[first], row.metric),
            *(text for way in others for text in _cells(row, way)),
        ]
        for row in rows
    ]
    seeds = max(mean.count for mean in rows[0].means.values())
    return f"### Over {seeds} seeds\n\n{markdown_table(header, lines)}\n"


def _cells(row: SeedRow, way: str) -> tuple[str, str, str]:
    mean = cell(row.means[way], row.metric)
    if way not in row.gains:
        return mean, "n/a", "n/a"
    return mean, gap(row.gains[way], row.metric), f"{row.lowest[way]:+.{row.metric.digits}f}"
