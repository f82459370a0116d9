// The page of a dataset: captures are uploaded to it, and their states and counts are live.

import { uploadSelected, uploads } from "./intake/tray.js";
import { morphFromServer, watch } from "./live.js";
import { showTile } from "./sheet-tile.js";

const ENDED = ["ready", "refused"];
const PARTS = ["captures", "missing", "coverage", "leaks", "export"];
const SOON_MS = 300;
const main = document.getElementById("main");
const snapshot = JSON.parse(document.getElementById("snapshot").textContent);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

function showPosters() {
  for (const poster of document.querySelectorAll(".small-poster[data-sheet]")) showTile(poster);
}

/** Fetch the parts that changed; several captures that change together take one request each. */
function refreshSoon() {
  clearTimeout(soon);
  soon = setTimeout(async () => {
    for (const part of PARTS) await morphFromServer(part).catch(() => {});
    showPosters();
  }, SOON_MS);
}

/** Show how a capture stands. One that is new here, or that has ended, has more to show than its counts. */
function showCapture({ id, state, label, seen, total, kept }) {
  const row = document.querySelector(`[data-capture="${id}"]`);
  const isNew = !row && !main.dataset.page.match(/page=(?!1$)/); // new ones are on the first page
  if (isNew || (row && row.dataset.state !== state && (ENDED.includes(state) || state === "harvesting"))) refreshSoon();
  if (!row) return;
  row.dataset.state = state;
  row.querySelector(".state").dataset.state = state;
  if (row.querySelector(".label").textContent !== label) row.querySelector(".label").textContent = label;
  row.querySelector(".figures").hidden = !total;
  row.querySelector(".seen").textContent = seen.toLocaleString("en");
  row.querySelector(".kept").textContent = kept.toLocaleString("en");
  const bar = row.querySelector("progress");
  bar.hidden = state !== "harvesting";
  bar.max = total || 1;
  bar.value = seen;
}

/** Captures that have arrived are listed on this page, so the tray needn't list them as well. */
function forgetArrived() {
  for (const { id, state, dataset } of uploads.items) {
    if (state === "done" && dataset === main.dataset.dataset) uploads.cancel(id).catch(() => {});
  }
}

uploadSelected(document.getElementById("files"));
uploads.addEventListener("change", forgetArrived);
uploads.isReady.then(forgetArrived);
showPosters();
watch({
  socket: main.dataset.socket,
  status: main.dataset.status,
  snapshot,
  handlers: {
    capture: showCapture,
    work: ({ of }) => morphFromServer(of).catch(() => {}),
    snapshot: ({ captures }) => {
      for (const capture of captures) showCapture(capture);
    },
  },
  onState: (state) => {
    main.dataset.live = state;
  },
});
