// The job page: state, progress, figures, live frames, log.

import "./compare-slider.js";
import "./watch-player.js";
import { showProgressIcon } from "./favicon.js";
import { refreshAtLast, watch } from "./live.js";
import "./notify-button.js";
import { clock, frameRate, timeOfDay } from "./format.js";

const main = document.getElementById("main");
const byId = (id) => document.getElementById(id);
const snapshot = JSON.parse(byId("snapshot").textContent);
const title = document.title;
let shown = snapshot.state;

function showStage({ state, label }) {
  shown = state;
  main.querySelector(".progress-panel .state").dataset.state = state;
  if (byId("label").textContent !== label) byId("label").textContent = label; // read aloud only when it changes
  showActions(state);
  showWaits({ text: "" }); // it is set again if it still applies
  if (state !== "rendering") {
    if (state !== "done") byId("fps").textContent = byId("left").textContent = "–"; // a done job shows its figures
    document.title = title;
    showProgressIcon(null);
  }
  if (state === "cancelled") ended();
}

/** Show Pause or Resume. When neither is possible any more, the last one stays, disabled. */
function showActions(state) {
  const forms = [...document.querySelectorAll("#actions [data-while]")];
  const isOne = (form) => form.dataset.while.split(" ").includes(state);
  for (const form of forms) {
    form.querySelector("button").disabled = !isOne(form);
    if (forms.some(isOne)) form.hidden = !isOne(form);
  }
}

function showProgress({ frame, total, fps, seconds_left: left }) {
  byId("bar").value = frame;
  byId("bar").max = total;
  byId("frame").textContent = frame;
  if (shown !== "rendering") return; // paused a moment ago: the last frames still arrive
  byId("fps").textContent = fps ? frameRate(fps) : "–";
  byId("left").textContent = left === null ? "–" : clock(left);
  document.title = frame < total ? `${Math.floor((100 * frame) / total)} % · ${title}` : title;
  showProgressIcon(frame < total ? frame / total : null);
}

async function showPair({ frame, before, after }) {
  if (await byId("slider").show(before, after)) byId("pair-frame").textContent = frame;
}

function addLine(text, at) {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = timeOfDay(at);
  line.append(time, text);
  byId("log").append(line);
  byId("log").scrollTop = byId("log").scrollHeight;
}

function showError(error) {
  byId("error").hidden = !error;
  byId("error").querySelector("p").textContent = error;
}

function showWaits({ text }) {
  byId("waits").hidden = !text;
  byId("waits").querySelector("p").textContent = text;
}

async function ended() {
  sessionStorage.setItem(`seen ${location.pathname}`, ""); // js/toasts.js doesn't show it again
  watching?.end();
  await refreshAtLast("outcome", "actions", "figures", "kept", "receipt");
  byId("notify")?.classList.remove("is-offered");
  const hasPair = byId("pair-frame").textContent !== "–";
  if (byId("result") || !hasPair) byId("frames").hidden = true; // the comparison shows more than the last frame
  if (byId("result") || shown === "cancelled") leaveWatching();
}

function leaveWatching() {
  const place = byId("watch")?.place;
  byId("watch")?.remove();
  if (!place || !byId("result")) return;
  byId("result").currentTime = place.seconds; // continue where the viewer was
  if (place.plays)
    byId("result")
      .play()
      .catch(() => {});
}

const handlers = {
  stage: showStage,
  progress: showProgress,
  pair: showPair,
  watchable: ({ seconds }) => byId("watch")?.showWatchable(seconds),
  waits: showWaits,
  log: ({ text }) => addLine(text, new Date().toISOString()),
  finished: ended,
  failed: ({ error }) => {
    showError(error);
    ended();
  },
  snapshot: (current) => {
    showStage(current);
    showWaits({ text: current.waits_for });
    if (current.state === "rendering" || current.frame) showProgress(current);
    byId("watch")?.showWatchable(current.watchable);
    if (current.pair && !current.is_final) showPair(current.pair);
    showError(current.error);
    byId("log").replaceChildren();
    for (const line of current.log) addLine(line.text, line.at);
    if (current.is_final) ended();
  },
};

const words = { live: "Live", polling: "Connection lost; checking every 3 seconds", ended: "" };

for (const time of document.querySelectorAll("#log time")) time.textContent = timeOfDay(time.dateTime);
if (snapshot.state === "rendering") showProgress(snapshot);

/** @type {ReturnType<typeof watch> | null} */
let watching = null;
watching = watch({
  socket: main.dataset.socket,
  status: main.dataset.status,
  snapshot,
  handlers,
  onState: (state) => {
    main.dataset.live = state;
    byId("live").textContent = words[state];
  },
});
