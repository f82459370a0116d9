// Keeps the cards of active videos up to date.

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
    // the server can't be reached: the next round asks again
  }
}

function show(card, video) {
  if (!video) {
    card.remove();
    return;
  }
  const state = card.querySelector(".state");
  const bar = card.querySelector("progress");
  state.dataset.state = video.state;
  state.querySelector(".label").textContent = video.label;
  const isStarted = video.state === "rendering" || video.state === "paused";
  bar.hidden = !isStarted;
  bar.max = video.total || 1;
  bar.value = video.done;
  state.querySelector(".share").textContent = isStarted ? `${Math.floor((100 * video.done) / video.total)} %` : "";
  const waits = card.querySelector(".waits");
  waits.hidden = !video.waits_for;
  waits.textContent = video.waits_for;
  if (!video.is_active) delete card.dataset.active;
}

setInterval(update, SECONDS * 1000);
