// The page of a training run: state, progress, curves, held-out frames, versions, log.

import "./compare-slider.js";
import { showProgressIcon } from "./favicon.js";
import { clock, timeOfDay } from "./format.js";
import { getJson } from "./http.js";
import { refresh, refreshAtLast, watch } from "./live.js";
import { Curve } from "./run/curve.js";
import { HeldOut } from "./run/held-out.js";
import { addPoint, newestScore, rewind } from "./run/points.js";

const CHECK_SECONDS = 2;

const main = document.getElementById("main");
const byId = (id) => document.getElementById(id);
const snapshot = JSON.parse(byId("snapshot").textContent);
const title = document.title;

/** @type {import("./run/points.js").Point[]} */
let points = [];
let shown = snapshot.state;
let samples = snapshot.samples;
let progress = snapshot;

const scores = new Curve(byId("scores"), "PSNR-Y in dB", (point) => point.score, 2);
const losses = new Curve(byId("losses"), "Loss", (point) => point.loss, 4);
const heldOut = new HeldOut(main.dataset.picture, (step) => {
  scores.mark(step);
  losses.mark(step);
  showPublish(step);
});

function showPublish(step) {
  const section = byId("publish");
  const isAsked = section.querySelector(".field-error, .notice.error") !== null;
  section.hidden = step === null && !isAsked;
  if (step === null) return;
  byId("publish-step").textContent = step.toLocaleString("en");
  section.querySelector("[name=step]").value = String(step);
}

function showPoints() {
  byId("no-scores").hidden = scores.show(points);
  byId("no-losses").hidden = losses.show(points);
  heldOut.setPoints(points);
  const score = newestScore(points);
  byId("score").textContent = score === null ? "–" : `${score.toFixed(2)} dB`;
}

function showStage({ state, label }) {
  shown = state;
  main.querySelector(".progress-panel .state").dataset.state = state;
  if (byId("label").textContent !== label) byId("label").textContent = label; // read aloud only when it changes
  for (const form of document.querySelectorAll("#actions [data-while]")) {
    form.hidden = !form.dataset.while.split(" ").includes(state);
  }
  showWaits({ text: "" }); // it is set again if it still applies
  showProgress();
  if (state === "done" || state === "failed" || state === "cancelled") ended();
}

function showProgress() {
  const isPreparing = shown === "preparing" || (!progress.step && samples.done < samples.total);
  const [done, total] = isPreparing ? [samples.done, samples.total] : [progress.step, progress.total];
  const bar = byId("bar");
  bar.max = total || 1;
  if (total || shown !== "training") bar.value = total ? done : 0;
  else bar.removeAttribute("value"); // the number of steps follows from the speed, which is measured now
  byId("count-name").textContent = isPreparing ? "Shards" : "Step";
  const of = total ? ` / ${total.toLocaleString("en")}` : "";
  byId("count").textContent = done || total ? `${done.toLocaleString("en")}${of}` : "–";
  const isOver = shown === "done" || shown === "cancelled" || shown === "failed";
  const left = isOver ? progress.seconds : shown === "training" ? progress.seconds_left : null;
  byId("left-name").textContent = isOver ? "Time trained" : "Time left";
  byId("left").textContent = left === null ? "–" : clock(left);
  const isRunning = (shown === "training" || shown === "preparing") && total > 0;
  document.title = isRunning ? `${Math.floor((100 * done) / total)} % · ${title}` : title;
  showProgressIcon(isRunning ? done / total : null);
}

function showWaits({ text }) {
  byId("waits").hidden = !text;
  byId("waits").querySelector("p").textContent = text;
}

function showError(error) {
  byId("error").hidden = !error;
  byId("error").querySelector("p").textContent = error;
}

function addLine(text, at) {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = timeOfDay(at);
  line.append(time, text);
  byId("log").append(line);
  byId("log").scrollTop = byId("log").scrollHeight;
}

async function ended() {
  watching?.end();
  await refreshAtLast("actions");
}

/** Look at versions that are being checked until none is. */
async function followVersions() {
  const checked = [...document.querySelectorAll("#versions [data-status]")];
  if (!checked.length) return;
  try {
    const states = await Promise.all(checked.map((row) => getJson(row.dataset.status)));
    if (states.some((answer) => answer.state !== "checking")) await refresh("versions");
  } catch {
    // the server is away: the next round asks again
  }
  setTimeout(followVersions, CHECK_SECONDS * 1000);
}

const handlers = {
  stage: showStage,
  samples: ({ done, total }) => {
    samples = { done, total };
    showProgress();
  },
  point: (point) => {
    addPoint(points, point);
    progress = point;
    showPoints();
    showProgress();
  },
  rewound: ({ step }) => {
    rewind(points, step);
    showPoints();
  },
  shown: ({ pictures, has_base: hasBase }) => heldOut.setPictures(pictures, hasBase),
  waits: showWaits,
  log: ({ text }) => addLine(text, new Date().toISOString()),
  failed: ({ error }) => showError(error),
  snapshot: showSnapshot,
};

function showSnapshot(current) {
  samples = current.samples;
  progress = current;
  points = current.points;
  heldOut.setPictures(current.pictures, current.has_base);
  showPoints();
  byId("log").replaceChildren();
  for (const line of current.log) addLine(line.text, line.at);
  const isNew = current.state !== shown || !current.is_final;
  if (isNew) showStage(current);
  else showProgress();
  showWaits({ text: current.waits_for });
  showError(current.error);
}

const words = { live: "Live", polling: "Connection lost; checking every 3 seconds", ended: "" };

/** @type {ReturnType<typeof watch> | null} */
let watching = null;
showSnapshot(snapshot);
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
followVersions();
