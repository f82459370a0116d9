// One upload as a row: in the tray of every page, and on the upload page.

import { bytes, clock } from "../format.js";
import { changeIcon } from "../icon.js";
import { order } from "../rows.js";

const MOST_NAMES = 12;
const WORDS = { storing: "Saving in this browser", waiting: "Queued", held: "Paused", done: "Uploaded" };
const ICONS = { held: "play", waiting: "pause" };

/** Show the queue. Rows that stay keep their place and the focus; one that goes passes the focus to the next row. */
export function showRows(list, template, uploads, items) {
  const ids = new Set(items.map((item) => item.id));
  const stays = (row) => ids.has(row.dataset.id);
  const before = [...list.children];
  const at = before.findIndex((row) => row.contains(document.activeElement));
  const isLost = at >= 0 && !stays(before[at]);
  const next = isLost ? (before.slice(at).find(stays) ?? before.slice(0, at).findLast(stays)) : null;
  for (const row of before) if (!stays(row)) row.remove();
  const known = new Map([...list.children].map((row) => [row.dataset.id, row]));
  const rows = items.map((item) => {
    const row = known.get(item.id) ?? newRow(template, uploads, item);
    update(row, item, uploads);
    return row;
  });
  order(list, rows);
  next?.querySelector("button:not([hidden]), a:not([hidden])")?.focus();
}

function newRow(template, uploads, { id }) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  const on = (name, act) => row.querySelector(name).addEventListener("click", act);
  on(".pause", () => (row.dataset.state === "held" ? uploads.resume(id) : uploads.hold(id)));
  on(".again", () => uploads.retry(id));
  on(".stop", () => uploads.cancel(id));
  on(".open", () => uploads.cancel(id)); // it has served
  return row;
}

function update(row, item, uploads) {
  const standing = uploads.standing(item);
  const { state } = standing;
  const shown = JSON.stringify([item, standing]);
  if (row.dataset.shown === shown) return; // of hundreds that wait, most stay as they are
  row.dataset.shown = shown;
  const name = item.state === "left" ? "Skipped" : item.name;
  row.dataset.state = item.state;
  row.classList.toggle("wrong", ["wrong", "lost", "left"].includes(state));
  row.classList.toggle("whole", state === "done");
  row.classList.toggle("stuck", state === "stuck");
  setText(row.querySelector(".name"), name);
  row.querySelector(".name").title = item.path;
  setText(row.querySelector(".figures"), figures(item, standing));
  setText(row.querySelector(".status"), statusText(item, standing));
  const bar = row.querySelector("progress");
  bar.hidden = ["wrong", "left", "done"].includes(state);
  bar.value = item.size ? standing.sent / item.size : 0;
  bar.setAttribute("aria-label", `Upload progress of ${name}`);
  const isOpen = ["waiting", "held"].includes(item.state);
  const pause = row.querySelector(".pause");
  pause.hidden = !isOpen;
  changeIcon(pause.querySelector(".icon"), ICONS[item.state] ?? "pause");
  label(pause, item.state === "held" ? "Resume" : "Pause", name);
  show(row, ".again", item.state === "wrong" && (item.kept || standing.isHere), "Retry", name);
  show(row, ".stop", item.state !== "done", isOpen || item.state === "storing" ? "Cancel" : "Remove", name);
  show(row, ".open", item.state === "done", "Open", name);
  if (item.video) row.querySelector(".open").href = uploads.urlOf(item);
}

function show(row, selector, isShown, word, name) {
  const button = row.querySelector(selector);
  button.hidden = !isShown;
  label(button, word, name);
}

function label(button, word, name) {
  setText(button.querySelector(".word"), word);
  button.setAttribute("aria-label", `${word} ${name}`);
  button.title = word;
}

/** Only what has changed, so that nothing is read out twice. */
function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function figures(item, { state, sent }) {
  if (state === "left") return "";
  return ["done", "wrong"].includes(state) || !sent ? bytes(item.size) : `${bytes(sent)} of ${bytes(item.size)}`;
}

/** What a row says about the state of its upload. */
export function statusText(item, { state, sent, speed, said, isHere, isElsewhere }) {
  if (state === "left") return leftOut(item);
  if (isElsewhere) return "Uploading in another tab; keep that tab open";
  let words = said || WORDS[state] || "";
  if (state === "sending") {
    words = speed ? `Uploading, ${bytes(speed)}/s, ${clock((item.size - sent) / speed)} left` : "Uploading";
  }
  const isBound = isHere && ["sending", "waiting", "held", "stuck"].includes(state);
  return isBound ? `${words}. Not enough browser storage; keep this page open` : words;
}

function leftOut({ names, unread }) {
  const sentences = [];
  if (names.length) sentences.push(`${some(names)}: not ${names.length > 1 ? "video files" : "a video file"}.`);
  if (unread.length) sentences.push(`${some(unread)}: can't be read.`);
  return sentences.join(" ");
}

function some(names) {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
