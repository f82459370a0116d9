// The library: live cards, the selection, keyboard shortcuts. htmx swaps the results; the listeners are above them.

import { targetOf } from "./dom.js";
import "./cards.js";
import "./hover-preview.js";
import { show as showChosen } from "./selection.js";
import "./library-keys.js";

const told = document.getElementById("results-status");

document.addEventListener("htmx:afterSettle", (event) => {
  if (targetOf(event).id !== "results") return;
  showChosen();
  told.textContent = document.getElementById("count").textContent;
});

// several requests can fail while the server can't be reached: one sentence is enough
document.addEventListener("htmx:sendError", () => {
  told.textContent = "The server isn't responding.";
});
