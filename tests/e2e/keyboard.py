"""What the Tab key reaches on a page, and whether one sees where one is."""

from __future__ import annotations

from playwright.sync_api import Page

MARK = """() => {
    const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, video[controls], [tabindex]";
    const isWanted = (one) => !one.disabled && one.tabIndex >= 0 && !one.closest("[inert], noscript")
        && one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length
        && !(one.type === "radio" && !one.checked && document.querySelector(`[name="${one.name}"]:checked`));
    window.reached = new Set();
    window.unseen = new Set();
    window.wanted = [...document.querySelectorAll(wanted)].filter(isWanted);
    document.activeElement?.blur();
    return window.wanted.length;
}"""
STEP = """() => {
    const at = document.activeElement;
    const words = (one) => (one.ariaLabel ?? one.textContent).trim().slice(0, 40);
    const says = (one) => `${one.tagName.toLowerCase()}#${one.id}.${one.className} ${words(one)}`;
    const ringed = (one) => {
        const style = getComputedStyle(one);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    if (at && at !== document.body) {
        window.reached.add(at);
        // a field that is spread unseen over something shows its ring there
        const around = [at, ...(at.labels ?? []), at.parentElement, at.parentElement.parentElement];
        if (at.tagName !== "VIDEO" && !around.some(ringed)) window.unseen.add(says(at));
    }
    const missing = window.wanted.filter((one) => one.isConnected && !window.reached.has(one)).map(says);
    return { missing, unseen: [...window.unseen] };
}"""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([one, { left, right }]) => Math.max(right, left + one.scrollWidth) > innerWidth + 1)
    .map(([one]) => `${one.tagName.toLowerCase()}.${one.className}`)
    .slice(0, 8)"""


def out_of_reach(page: Page) -> list[str]:
    """Press Tab until all was reached; one line for each that never was, or that showed no ring."""
    count = page.evaluate(MARK)
    for _ in range(2 * count + 40):
        page.keyboard.press("Tab")
        left = page.evaluate(STEP)
        if not left["missing"]:
            break
    return [f"not reached: {one}" for one in left["missing"]] + [f"no ring: {one}" for one in left["unseen"]]


def too_wide(page: Page) -> list[str]:
    """What reaches over the right edge."""
    return list(page.evaluate(TOO_WIDE))
