// The comparison's page: stills are shown in the player and saved, links are copied.

import "./compare-player.js";
import { saveBeside } from "./compare/beside.js";

const player = document.querySelector("compare-player");
const thumbs = [...document.querySelectorAll(".thumb")];

function choose(thumb) {
  for (const other of thumbs) other.removeAttribute("aria-current");
  thumb.setAttribute("aria-current", "true");
  const { before, after, frame } = thumb.dataset;
  player.showStill({ before, after, frame: Number(frame) });
  player.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

for (const thumb of thumbs) thumb.addEventListener("click", () => choose(thumb));
player?.addEventListener("moved", () => {
  for (const thumb of thumbs) thumb.removeAttribute("aria-current");
});

for (const link of document.querySelectorAll(".beside")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    saveBeside(link.dataset.before, link.dataset.after, `before and after, frame ${link.dataset.frame}.png`);
  });
}

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const field = button.parentElement.querySelector(".share-url");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      field.select(); // no clipboard without https: the person copies it by hand
      return;
    }
    button.querySelector("span").textContent = "Copied";
  });
}
