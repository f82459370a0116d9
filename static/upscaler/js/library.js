// The library: live cards, a selection, keys. htmx swaps the results; all that listens here listens above them.

import { targetOf } from "./dom.js";
import "./cards.js";
import "./hover-preview.js";
import { show as showChosen } from "./selection.js";
import "./library-keys.js";

const told = document.getElementById("told");

document.addEventListener("htmx:afterSettle", (event) => {
  if (targetOf(event).id !== "results") return;
  showChosen();
  told.textContent = document.getElementById("count").textContent;
});

// several requests may fail while the server is away: one sentence is enough
document.addEventListener("htmx:sendError", () => {
  told.textContent = "The server isn't responding.";
});
