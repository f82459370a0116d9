// The queue page: how far every job is, live, and the order of one's own by dragging and by buttons.

import { clock, frameRate } from "./format.js";
import { request } from "./http.js";
import { arrange, lead, order, poll, say, warn } from "./rows.js";

const SECONDS = 2;
const main = document.getElementById("main");
const byId = (id) => document.getElementById(id);
const list = byId("queued");
const rows = () => [...list.children];
const isMovable = (row) => row.classList.contains("movable");
const title = (row) => row.querySelector(".title").textContent;

let isDragged = false;
let sending = 0;
let changes = 0; // of the order, by this page: what was asked before the last one is old
let sent = Promise.resolve();

function showRow(row, found) {
  row.classList.toggle("movable", found.can_move);
  row.classList.toggle("of-others", !found.is_own);
  say(row, ".title", found.title);
  say(row, ".about", found.about ?? "");
  lead(row.querySelector(".title"), found.url);
  row.querySelector(".state").dataset.state = found.state;
  say(row, ".label", found.label);
  say(row, ".speed", found.fps ? frameRate(found.fps) : "");
  say(row, ".left", found.seconds_left == null ? "" : `${clock(found.seconds_left)} left`);
  say(row, ".share", `${found.percent} %`);
  const bar = row.querySelector("progress");
  bar.max = found.total || 1;
  bar.value = found.done;
  warn(row, ".waits", found.waits_for);
  showDoors(row, found);
}

function showDoors(row, { title: name, pause, resume, cancel }) {
  const hold = row.querySelector(".hold");
  hold.hidden = !pause && !resume;
  hold.action = pause ?? resume ?? "";
  const button = hold.querySelector("button");
  button.title = resume ? "Resume" : "Pause";
  button.ariaLabel = `${button.title} ${name}`;
  button.querySelector(".icon").className = `icon ${resume ? "play" : "pause"}`;
  const form = row.querySelector(".cancel");
  form.hidden = !cancel;
  form.action = cancel ?? "";
  form.querySelector("button").ariaLabel = `Cancel ${name}`;
  row.querySelector(".up").ariaLabel = `Move ${name} up`;
  row.querySelector(".down").ariaLabel = `Move ${name} down`;
}

function number() {
  const movable = rows().filter(isMovable);
  for (const [place, row] of rows().entries()) say(row, ".number", String(place + 1));
  for (const row of rows()) {
    const mayMove = isMovable(row) && movable.length > 1;
    row.querySelector(".grip").hidden = !mayMove;
    row.querySelector(".moves").hidden = !mayMove;
    row.querySelector(".up").disabled = row === movable[0];
    row.querySelector(".down").disabled = row === movable.at(-1);
  }
}

/** All of it, or while an order is being made here, only what stands in the rows. */
function show({ queued, finishing, missing }, isCurrent) {
  if (missing) warn(main, "#missing", missing.join(" "));
  if (isCurrent && !isDragged && !sending) {
    arrange(list, byId("queue-row"), queued, showRow);
    arrange(byId("finishing"), byId("queue-row"), finishing, showRow);
    byId("nothing").hidden = queued.length + finishing.length > 0;
    number();
    return;
  }
  const known = new Map([...rows(), ...byId("finishing").children].map((row) => [row.dataset.id, row]));
  for (const found of [...queued, ...finishing]) if (known.has(found.id)) showRow(known.get(found.id), found);
}

/** Put the movable rows, in this order, into the places that they held together. */
function settle(places, movable) {
  const moved = [...movable];
  order(
    list,
    places.map((row) => (isMovable(row) ? moved.shift() : row)),
  );
  number();
}

function tell(row) {
  byId("moved").textContent = `${title(row)} is now ${rows().indexOf(row) + 1} of ${rows().length}`;
}

async function post() {
  const body = new FormData(byId("order"));
  body.append(
    "jobs",
    rows()
      .filter(isMovable)
      .map((row) => row.dataset.id)
      .join(),
  );
  const asked = changes;
  let found = null;
  try {
    const response = await request(byId("order").action, { method: "POST", body });
    if (response.ok) found = await response.json();
  } catch {
    // the server is away: the next round shows the order that it knows
  }
  sending -= 1;
  if (found) show(found, asked === changes);
  else byId("moved").textContent = "Couldn't save the new order.";
  changes += 1; // an answer that is still on its way may know of the old order
}

/** One after the other: the last order is the one that holds. */
function send() {
  changes += 1;
  sending += 1;
  sent = sent.then(post);
}

function move(row, by) {
  const movable = rows().filter(isMovable);
  const place = movable.indexOf(row);
  movable.splice(place, 1);
  movable.splice(place + by, 0, row);
  settle(rows(), movable);
  tell(row);
  send();
}

list.addEventListener("click", (event) => {
  const button = event.target.closest(".up, .down");
  if (!button) return;
  const row = button.closest(".queue-row");
  const isUp = button.classList.contains("up");
  move(row, isUp ? -1 : 1);
  // the button may have reached its end: the keyboard stays on this row
  (button.disabled ? row.querySelector(isUp ? ".down" : ".up") : button).focus();
});

// Pause, resume and cancel stay on this page.
main.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches(".hold, .cancel") || (form.dataset.confirm && !form.dataset.confirmed)) return;
  event.preventDefault();
  const body = new FormData(form);
  const isDone = await request(form.action, { method: "POST", body }).then(
    ({ ok }) => ok,
    () => false,
  );
  warn(main, "#refused", isDone ? "" : "Couldn't do that. Try again in a moment.");
  await look();
});

let places = [];
window.Sortable.create(list, {
  draggable: ".movable",
  handle: ".grip",
  animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
  forceFallback: true, // by pointer events: the same for mouse and touch
  fallbackOnBody: true,
  fallbackClass: "dragged",
  ghostClass: "gap",
  onStart: () => {
    isDragged = true;
    places = rows();
  },
  onEnd: ({ item }) => {
    isDragged = false;
    const before = places.filter(isMovable);
    const movable = rows().filter(isMovable);
    settle(places, movable);
    if (movable.every((row, place) => row === before[place])) return;
    tell(item);
    send();
  },
});

const look = poll(main.dataset.states, SECONDS, () => {
  const asked = changes;
  return (found) => show(found, asked === changes);
});

const read = (id) => JSON.parse(byId(id).textContent);
show({ queued: read("queued-rows"), finishing: read("finishing-rows") }, true);
