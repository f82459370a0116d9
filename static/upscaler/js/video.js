// The video page: the progress of importing, joining and analysing, and the states of its jobs.

import { bytes as inBytes } from "./format.js";
import { inOrder } from "./in-order.js";
import { morphFromServer, refreshAtLast, watch } from "./live.js";
import { show } from "./recipe-form.js";
import "./import-upscale.js";
import "./trim-bar.js";

const JOBS_SECONDS = 3;
const TRIM = ["id_trim_start", "id_trim_end"];
const main = document.getElementById("main");
const snapshot = JSON.parse(document.getElementById("snapshot").textContent);
let shown = snapshot.state;

// Two stages follow each other closely: the second must not replace what the first is still fetching.
const showStage = inOrder(async ({ state, label }) => {
  const before = shown;
  shown = state;
  const line = main.querySelector(".head .state");
  line.dataset.state = state;
  line.querySelector(".label").textContent = label;
  // the stage is told once more when the copies are made; a page that was loaded just before has its player already
  const hasPlayer = before === "ready" && main.querySelector("#viewer video");
  if (state === "ready" && hasPlayer) await morphFromServer("jobs").catch(() => {});
  else if (state === "ready" && document.getElementById("viewer")) await refreshViewer();
  else if (state === "ready" || state === "refused" || (["joining", "fetching"].includes(before) && state !== before))
    await refreshAtLast("outcome");
  show();
});

/** Show the player. What was entered beside it stays, and so does the form. */
async function refreshViewer() {
  const typed = TRIM.map((id) => document.getElementById(id).value);
  await refreshAtLast("viewer");
  TRIM.forEach((id, number) => {
    const field = document.getElementById(id);
    field.value = typed[number];
    field.dispatchEvent(new Event("input"));
  });
  await morphFromServer("jobs");
}

function showJoined({ frame, total }) {
  const bar = document.getElementById("joined");
  if (!bar) return;
  bar.max = total;
  bar.value = frame;
  document.getElementById("joined-text").textContent =
    `${frame.toLocaleString("en")} of ${total.toLocaleString("en")} frames`;
}

function showFetched({ bytes, total }) {
  const bar = document.getElementById("fetched");
  if (!bar) return;
  if (total) bar.value = bytes / total;
  else bar.removeAttribute("value");
  document.getElementById("fetched-text").textContent = total
    ? `${inBytes(bytes)} of ${inBytes(total)}`
    : `${inBytes(bytes)} downloaded`;
}

/** Update the states of the jobs while any is active. */
setInterval(() => {
  if (!document.hidden && document.querySelector("#jobs [data-active]")) morphFromServer("jobs").catch(() => {});
}, JOBS_SECONDS * 1000);

watch({
  socket: main.dataset.socket,
  status: main.dataset.status,
  // even a ready video is watched: its playable copy may still be in the making
  snapshot: { ...snapshot, is_final: snapshot.is_final && (snapshot.is_complete || snapshot.state === "refused") },
  handlers: {
    stage: showStage,
    progress: showJoined,
    fetched: showFetched,
    snapshot: (current) => {
      if (current.state !== shown || (current.has_proxy && !main.querySelector("#viewer video"))) showStage(current);
      if (current.joined) showJoined(current.joined);
    },
  },
  onState: (state) => {
    main.dataset.live = state;
  },
});
