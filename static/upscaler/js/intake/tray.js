// On every page: files are taken wherever they are dropped, and a tray in the corner shows how they fare.

import { clock, plural } from "../format.js";
import { LoggedOutError } from "../http.js";
import { chosen, takeDrops } from "./file-drop.js";
import { UploadQueue } from "./upload-queue.js";
import { showRows } from "./upload-row.js";

const FOLDED = "haloweb-tray-folded";
const WEIGHTS = /\.(pth|pt|safetensors)$/i;

const tray = document.getElementById("tray");
const list = document.getElementById("tray-items");
const fold = tray.querySelector(".tray-fold");
const template = document.getElementById("upload-row");
const page = document.getElementById("uploads");

export const uploads = new UploadQueue(tray.dataset);

/** What the upload page says of the files that come from it; elsewhere, what the person prefers. */
function choice() {
  const kind = document.querySelector("[name=kind]:checked")?.value;
  const starts = document.getElementById("starts-job");
  return { kind, startsJob: starts ? starts.checked : undefined };
}

/** Weights that are dropped on the page of models are for that page. */
const isForUs = ({ file }) => !(document.getElementById("sending") && WEIGHTS.test(file.name));

takeDrops(document.getElementById("veil"), (files, unread) => {
  const ours = files.filter(isForUs);
  if (ours.length || unread.length) uploads.add(ours, choice(), unread).catch(unreachable);
});

/** The fields of the upload page. */
export function takeChosen(field) {
  field.addEventListener("change", () => uploads.add(chosen(field), choice()).catch(unreachable));
}

/** Nothing was taken; js/http.js leads whoever is logged out to log in. */
function unreachable(error) {
  const [why, then] =
    error instanceof LoggedOutError
      ? ["You are logged out", "Log in again, then add the files again."]
      : ["The server can't be reached", "Add the files again."];
  tell(`${why}, so no files were added. ${then}`);
  tray.hidden = Boolean(page);
  say(".tray-says", `${why}. ${then}`);
}

function say(selector, text) {
  const place = tray.querySelector(selector);
  if (place.textContent !== text) place.textContent = text;
}

/** For whoever does not see the tray: what has happened, not every percent. */
function tell(text) {
  document.getElementById("tray-said").textContent = text;
}

let told = new Map();

function tellChanges(items) {
  const now = new Map(items.map((item) => [item.id, uploads.standing(item).state]));
  const news = items
    .filter((item) => told.get(item.id) !== now.get(item.id))
    .map((item) => newsOf(item, now.get(item.id)));
  told = now;
  const said = news.filter(Boolean).join(" ");
  if (said) tell(said);
}

function newsOf(item, state) {
  if (state === "done") return `${item.name} uploaded.`;
  if (["wrong", "lost", "stuck"].includes(state)) return `${item.name}: ${uploads.standing(item).said}`;
  if (state === "left") return `Skipped ${plural(item.names.length + item.unread.length, "file")}.`;
  return state === "held" ? `${item.name} is paused.` : "";
}

function summary(items) {
  const files = items.filter((item) => item.state !== "left");
  const count = (...states) => files.filter((item) => states.includes(item.state)).length;
  const open = count("storing", "waiting");
  const states = files.map((item) => uploads.standing(item));
  if (open) {
    const stuck = states.find(({ state }) => state === "stuck");
    if (stuck && !states.some(({ state }) => state === "sending")) return stuck.said;
    const [sent, size] = [
      files.reduce((sum, _item, at) => sum + states[at].sent, 0),
      files.reduce((sum, item) => sum + item.size, 0),
    ];
    const speed = states.reduce((sum, one) => sum + one.speed, 0);
    const left = speed ? `, ${clock((size - sent) / speed)} left` : "";
    return `Uploading ${Math.min(count("done") + 1, files.length)} of ${files.length}${left}`;
  }
  const parts = [
    [count("wrong", "lost"), "failed"],
    [count("held"), "paused"],
    [count("done"), "uploaded"],
  ];
  return (
    parts
      .filter(([number]) => number)
      .map(([number, word]) => `${number} ${word}`)
      .join(", ") || "Skipped"
  );
}

function draw() {
  const { items } = uploads;
  tellChanges(items);
  if (page) return;
  tray.hidden = !items.length;
  if (!items.length) return;
  showRows(list, template, uploads, items);
  say(".tray-says", summary(items));
  const files = items.filter((item) => item.state !== "left" && item.state !== "wrong");
  const total = files.reduce((sum, item) => sum + item.size, 0);
  const bar = tray.querySelector(".tray-head + progress");
  bar.hidden = !items.some((item) => ["storing", "waiting", "held"].includes(item.state));
  bar.value = total ? files.reduce((sum, item) => sum + uploads.standing(item).sent, 0) / total : 0;
  drawButtons(tray, items);
}

/** The buttons for all of them, which the upload page has too. */
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
