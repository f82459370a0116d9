// On every page: files can be dropped anywhere, and a tray in the corner shows their uploads.

import { LoggedOutError } from "../http.js";
import { selectedFiles, takeDrops } from "./file-drop.js";
import { UploadQueue } from "./upload-queue.js";
import { showRows } from "./upload-row.js";
import { announcement, shareSent, summary } from "./upload-summary.js";

const FOLDED = "haloweb-tray-folded";
const WEIGHTS = /\.(pth|pt|safetensors)$/i;

const tray = document.getElementById("tray");
const list = document.getElementById("tray-items");
const fold = tray.querySelector(".tray-toggle");
const template = document.getElementById("upload-row");
const page = document.getElementById("uploads");

export const uploads = new UploadQueue(tray.dataset);
const standingOf = (item) => uploads.standing(item);

/** The options of the upload page, or the dataset of the page; elsewhere none, so that the preferences apply. */
function options() {
  const kind = document.querySelector("[name=kind]:checked")?.value;
  const starts = document.getElementById("starts-job");
  const { dataset } = document.getElementById("main").dataset;
  return { kind, startsJob: starts ? starts.checked : undefined, dataset };
}

/** Weights that are dropped on the models page are uploaded by js/models.js. */
const isForQueue = ({ file }) => !(document.getElementById("sending") && WEIGHTS.test(file.name));

takeDrops(document.getElementById("drop-overlay"), (files, unread) => {
  const forQueue = files.filter(isForQueue);
  if (forQueue.length || unread.length) uploads.add(forQueue, options(), unread).catch(sayUnreachable);
});

/** Upload what is selected in a file field of the upload page or of a dataset. */
export function uploadSelected(field) {
  field.addEventListener("change", () => uploads.add(selectedFiles(field), options()).catch(sayUnreachable));
}

/** No files were added; js/http.js shows a link to log in. */
function sayUnreachable(error) {
  const [why, then] =
    error instanceof LoggedOutError
      ? ["You're logged out", "Log in again, then add the files again."]
      : ["The server can't be reached", "Add the files again."];
  announce(`${why}, so no files were added. ${then}`);
  tray.hidden = Boolean(page);
  setText(".tray-status", `${why}. ${then}`);
}

function setText(selector, text) {
  const place = tray.querySelector(selector);
  if (place.textContent !== text) place.textContent = text;
}

/** Tell screen readers what has happened, not every percent. */
function announce(text) {
  document.getElementById("tray-announcement").textContent = text;
}

/** @type {Map<string, string>} the states that were announced, by the ids of the uploads */
let announced = new Map();

function announceChanges(items) {
  const states = new Map(items.map((item) => [item.id, standingOf(item).state]));
  const changed = items.filter((item) => announced.get(item.id) !== states.get(item.id));
  announced = states;
  const text = changed
    .map((item) => announcement(item, standingOf(item)))
    .filter(Boolean)
    .join(" ");
  if (text) announce(text);
}

function draw() {
  const { items } = uploads;
  announceChanges(items);
  if (page) return;
  tray.hidden = !items.length;
  if (!items.length) return;
  showRows(list, template, uploads, items);
  setText(".tray-status", summary(items, standingOf));
  const bar = tray.querySelector(".tray-head + progress");
  bar.hidden = !items.some((item) => ["storing", "waiting", "held"].includes(item.state));
  bar.value = shareSent(items, standingOf);
  drawButtons(tray, items);
}

/** The buttons for all uploads, which are on the upload page too. */
export function drawButtons(place, items) {
  const has = (...states) => items.some((item) => states.includes(item.state));
  place.querySelector(".pause-all").hidden = !has("waiting");
  place.querySelector(".resume-all").hidden = has("waiting") || !has("held");
  place.querySelector(".clear").hidden = !has("done", "left");
}

export function wireButtons(place) {
  place.querySelector(".pause-all").addEventListener("click", () => uploads.holdAll());
  place.querySelector(".resume-all").addEventListener("click", () => uploads.resumeAll());
  place.querySelector(".clear").addEventListener("click", () => uploads.clear());
}

function setFolded(isFolded) {
  tray.classList.toggle("folded", isFolded);
  fold.setAttribute("aria-expanded", String(!isFolded));
}

let frame = 0;
uploads.addEventListener("change", () => {
  cancelAnimationFrame(frame);
  if (document.hidden) draw();
  else frame = requestAnimationFrame(draw);
});
wireButtons(tray);
setFolded((sessionStorage.getItem(FOLDED) ?? String(matchMedia("(max-width: 640px)").matches)) === "true");
fold.addEventListener("click", () => {
  const isFolded = !tray.classList.contains("folded");
  sessionStorage.setItem(FOLDED, String(isFolded));
  setFolded(isFolded);
});
