// The page of a share link while its job is not done: the progress, the newest frame, then the comparison.

import "./compare-slider.js";
import "./watch-player.js";

const POLL_SECONDS = 3;

const byId = (id) => document.getElementById(id);
const address = document.getElementById("main").dataset.state;

async function show({ state, label, percent, is_active: isActive, pair, watchable }) {
  byId("state").dataset.state = state;
  const words = byId("state").querySelector(".label");
  if (words.textContent !== label) words.textContent = label; // read aloud only when it changes
  byId("percent").textContent = percent;
  byId("bar").value = percent;
  byId("while-active").hidden = !isActive;
  byId("ended").hidden = isActive;
  byId("watch")?.showWatchable(watchable);
  if (!pair) return;
  byId("newest").hidden = false;
  if (await byId("slider").show(pair.before, pair.after)) byId("frame").textContent = pair.frame;
}

async function poll() {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (response.status === 404) return location.reload(); // revoked, expired, or locked again
    if (response.ok) {
      const progress = await response.json();
      if (progress.is_done) return location.reload();
      await show(progress);
    }
  } catch {
    // the server can't be reached: the next round asks again
  }
  setTimeout(poll, POLL_SECONDS * 1000);
}

setTimeout(poll, POLL_SECONDS * 1000);
