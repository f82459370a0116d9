"""axe-core, which looks for what keeps people out of a page."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from tests.data_folder import ROOT

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule of WCAG 2.2 AA or of good practice."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())  # by the debugger, which the page's policy does not bind
    found = page.evaluate(
        """async (tags) => {
            const options = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] };
            return (await axe.run(document, options)).violations;
        }""",
        TAGS,
    )
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary'].splitlines()[1].strip()}"
        for rule in found
        for node in rule["nodes"]
    ]
