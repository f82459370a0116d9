// Behind a link to a job that is not done: how far it is, the newest frame, and the comparison once it is there.

import "./compare-slider.js";
import "./watch-player.js";

const POLL_SECONDS = 3;

const byId = (id) => document.getElementById(id);
const address = document.getElementById("main").dataset.state;

async function show({ state, label, percent, is_active: isActive, pair, watchable }) {
  byId("state").dataset.state = state;
  const words = byId("state").querySelector(".label");
  if (words.textContent !== label) words.textContent = label; // said aloud only where it is new
  byId("percent").textContent = percent;
  byId("bar").value = percent;
  byId("while-active").hidden = !isActive;
  byId("ended").hidden = isActive;
  byId("watch")?.tell(watchable);
  if (!pair) return;
  byId("newest").hidden = false;
  if (await byId("slider").show(pair.before, pair.after)) byId("frame").textContent = pair.frame;
}

async function poll() {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (response.status === 404) return location.reload(); // taken back, over, or locked again
    if (response.ok) {
      const found = await response.json();
      if (found.is_done) return location.reload();
      await show(found);
    }
  } catch {
    // the server is away: the next round asks again
  }
  setTimeout(poll, POLL_SECONDS * 1000);
}

setTimeout(poll, POLL_SECONDS * 1000);
