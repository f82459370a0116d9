// The comparison: stills under a slider, both videos started and sought together, links copied.

import "./compare-slider.js";
import "./copy.js";

const stage = document.getElementById("stage");
const thumbs = [...document.querySelectorAll(".thumb")];

function choose(thumb) {
  for (const other of thumbs) other.removeAttribute("aria-current");
  thumb.setAttribute("aria-current", "true");
  stage.show(thumb.dataset.before, thumb.dataset.after);
}

for (const thumb of thumbs) thumb.addEventListener("click", () => choose(thumb));

const before = document.getElementById("video-before");
const after = document.getElementById("video-after");
const together = document.getElementById("together");

if (before && after && together) {
  const label = together.querySelector("span");
  const icon = together.querySelector(".icon");
  const isPlaying = () => !after.paused;
  together.addEventListener("click", async () => {
    if (isPlaying()) {
      before.pause();
      after.pause();
      return;
    }
    if (after.ended) after.currentTime = 0;
    before.currentTime = after.currentTime;
    await Promise.all([before.play(), after.play()]);
  });
  const show = () => {
    label.textContent = isPlaying() ? "Pause both" : "Play both";
    icon.className = `icon ${isPlaying() ? "pause" : "play"}`;
  };
  for (const kind of ["play", "pause", "ended"]) after.addEventListener(kind, show);
  after.addEventListener("seeked", () => {
    before.currentTime = after.currentTime;
  });
  after.addEventListener("pause", () => before.pause());
} else if (together) {
  together.hidden = true;
}
