// The comparison's page: shows stills in the player, saves pictures, and reloads when the comparison is ready.

import "./compare-player.js";
import { saveSideBySide } from "./compare/save-image.js";
import { getJson } from "./http.js";

const STATUS_MS = 2500;

const player = document.querySelector("compare-player");
const thumbs = [...document.querySelectorAll(".thumb")];

function showStill(thumb) {
  for (const other of thumbs) other.removeAttribute("aria-current");
  thumb.setAttribute("aria-current", "true");
  const { before, after, frame } = thumb.dataset;
  player.showStill({ before, after, frame: Number(frame) });
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  player.scrollIntoView({ block: "nearest", behavior });
}

for (const thumb of thumbs) thumb.addEventListener("click", () => showStill(thumb));
player?.addEventListener("moved", () => {
  for (const thumb of thumbs) thumb.removeAttribute("aria-current");
});

const preparing = document.getElementById("preparing");

async function checkStatus() {
  if (document.hidden) return;
  try {
    const { is_ready: isReady } = await getJson(preparing.dataset.status);
    if (!isReady) return;
  } catch {
    return; // the server can't be reached: the next round asks again
  }
  clearInterval(timer);
  if (!player?.isPlaying) {
    location.reload();
    return;
  }
  // a reload would interrupt what is being watched
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "The comparison is ready. Reload the page.";
  preparing.replaceChildren(link);
}

const timer = preparing ? setInterval(checkStatus, STATUS_MS) : 0;

for (const link of document.querySelectorAll(".beside")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    saveSideBySide(link.dataset.before, link.dataset.after, `before and after, frame ${link.dataset.frame}.png`);
  });
}
