// Keeps the cards of what is under way up to date.

import { request } from "./http.js";

const SECONDS = 3;
const main = document.getElementById("main");

async function update() {
  const active = [...document.querySelectorAll(".card[data-active]")];
  if (!active.length || document.hidden) return;
  const ids = active.map((card) => card.dataset.video).join(",");
  try {
    const response = await request(`${main.dataset.states}?ids=${ids}`);
    if (!response.ok) return;
    const states = await response.json();
    for (const card of active) show(card, states[card.dataset.video]);
  } catch {
    // the server is away: the next round asks again
  }
}

function show(card, found) {
  if (!found) {
    card.remove();
    return;
  }
  const state = card.querySelector(".state");
  const bar = card.querySelector("progress");
  state.dataset.state = found.state;
  state.querySelector(".label").textContent = found.label;
  const begun = found.state === "rendering" || found.state === "paused";
  bar.hidden = !begun;
  bar.max = found.total || 1;
  bar.value = found.done;
  state.querySelector(".share").textContent = begun ? `${Math.floor((100 * found.done) / found.total)} %` : "";
  const waits = card.querySelector(".waits");
  waits.hidden = !found.waits_for;
  waits.textContent = found.waits_for;
  if (!found.is_active) delete card.dataset.active;
}

setInterval(update, SECONDS * 1000);
