// The video page, while the video is being measured and its jobs move.

import { refresh, watch } from "./live.js";

const JOBS_SECONDS = 3;
const main = document.getElementById("main");
const snapshot = JSON.parse(document.getElementById("snapshot").textContent);

function showStage({ state, label }) {
  const line = main.querySelector(".head .state");
  line.dataset.state = state;
  line.querySelector(".label").textContent = label;
  if (state === "ready" || state === "refused") refresh("outcome");
}

/** The jobs of this video have pages of their own; here their states are asked for while any is under way. */
setInterval(() => {
  if (!document.hidden && document.querySelector("#jobs [data-active]")) refresh("jobs").catch(() => {});
}, JOBS_SECONDS * 1000);

watch({
  socket: main.dataset.socket,
  status: main.dataset.status,
  // even a ready video is watched: its playable copy may still be on its way
  snapshot: { ...snapshot, is_final: snapshot.is_final && (snapshot.has_proxy || snapshot.state === "refused") },
  handlers: { stage: showStage, snapshot: showStage },
  onState: (state) => {
    main.dataset.live = state;
  },
});
