"""How far elements of a page jump while it changes, as Chromium counts it."""

from __future__ import annotations

MAX_SHIFT = 0.02
ADDS_UP = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            const moved = entry.sources.map(({ node }) => node?.className);
            if (!entry.hadRecentInput) window.shifts.push([entry.value, moved]);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""
