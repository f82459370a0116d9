// The page of a capture: frames of its contact sheet are included and excluded by click and by keyboard.

import { targetOf } from "./dom.js";
import { request } from "./http.js";
import { showTile } from "./sheet-tile.js";

const main = document.getElementById("main");
const sheet = document.querySelector(".sheet");
const used = document.getElementById("used");
/** @type {Promise<void>} */
let turn = Promise.resolve();

const frames = () => [...sheet.querySelectorAll(".frame")];

/** Include an excluded frame, and the other way round: at once here, then on the server, one after the other. */
function toggle(frame) {
  const isUsed = frame.getAttribute("aria-pressed") !== "true";
  frame.setAttribute("aria-pressed", String(isUsed));
  frame.dataset.chosen = "";
  turn = turn.then(() => save(frame, isUsed)).catch(() => undo(frame, isUsed));
}

async function save(frame, isUsed) {
  const body = new FormData();
  body.set("frames", frame.dataset.frame);
  body.set("choice", isUsed ? "include" : "exclude");
  const response = await request(main.dataset.choose, { method: "POST", body });
  if (!response.ok) throw new Error(`${response.status}`);
  used.textContent = (await response.json()).used.toLocaleString("en");
}

/** It couldn't be saved: show what applies on the server, unless it was pressed again. */
function undo(frame, isUsed) {
  if (frame.getAttribute("aria-pressed") !== String(isUsed)) return;
  frame.setAttribute("aria-pressed", String(!isUsed));
  frame.classList.add("failed");
}

/** How many frames are in a row of the grid. */
function columns() {
  const all = frames();
  const next = all.findIndex((frame) => frame.offsetTop !== all[0].offsetTop);
  return next < 0 ? all.length : next;
}

function move(from, by) {
  const all = frames();
  const target = all[Math.min(all.length - 1, Math.max(0, all.indexOf(from) + by))];
  for (const frame of all) frame.tabIndex = frame === target ? 0 : -1;
  target.focus();
}

function showScene(frame) {
  location.search = `?${sheet.dataset.sceneQuery}scene=${frame.dataset.scene}`;
}

/** @type {Record<string, (frame: any) => void>} */
const KEYS = {
  ArrowRight: (frame) => move(frame, 1),
  ArrowLeft: (frame) => move(frame, -1),
  ArrowDown: (frame) => move(frame, columns()),
  ArrowUp: (frame) => move(frame, -columns()),
  Home: (frame) => move(frame, -frames().length),
  End: (frame) => move(frame, frames().length),
  s: showScene,
};

if (sheet) {
  sheet.style.setProperty("--ratio", sheet.dataset.ratio);
  for (const frame of frames()) showTile(frame);
  sheet.addEventListener("click", (event) => {
    const frame = targetOf(event).closest(".frame");
    if (!frame) return;
    for (const other of frames()) other.tabIndex = other === frame ? 0 : -1;
    toggle(frame);
  });
  sheet.addEventListener("keydown", (event) => {
    const frame = targetOf(event).closest(".frame");
    if (!frame || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key](frame);
  });
}
