// The comparison's page: stills are shown in the player and saved, and what is still being made appears.

import "./compare-player.js";
import { saveSideBySide } from "./compare/save-image.js";

const player = document.querySelector("compare-player");
const thumbs = [...document.querySelectorAll(".thumb")];

function choose(thumb) {
  for (const other of thumbs) other.removeAttribute("aria-current");
  thumb.setAttribute("aria-current", "true");
  const { before, after, frame } = thumb.dataset;
  player.showStill({ before, after, frame: Number(frame) });
  player.scrollIntoView({
    block: "nearest",
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}

for (const thumb of thumbs) thumb.addEventListener("click", () => choose(thumb));
player?.addEventListener("moved", () => {
  for (const thumb of thumbs) thumb.removeAttribute("aria-current");
});

// what is still being made is shown as soon as it is there, unless somebody is watching just then
const making = document.getElementById("making");
const MAKING_MS = 2500;

async function lookAgain() {
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    if (!response.ok || (await response.text()).includes('id="making"')) return;
  } catch {
    return; // the server is away: the next round asks again
  }
  clearInterval(timer);
  if (!player?.isPlaying) {
    location.reload();
    return;
  }
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "Comparison ready. Reload.";
  making.replaceChildren(link);
}

const timer = making ? setInterval(() => document.hidden || lookAgain(), MAKING_MS) : 0;

for (const link of document.querySelectorAll(".beside")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    saveSideBySide(link.dataset.before, link.dataset.after, `before and after, frame ${link.dataset.frame}.png`);
  });
}
