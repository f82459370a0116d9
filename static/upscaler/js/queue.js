// The queue page: how far every job is, live, and the order of one's own by dragging and by buttons.

import { clock, frameRate } from "./format.js";
import { request } from "./http.js";
import { makeReorderable } from "./reorder.js";
import { arrange, lead, poll, say, warn } from "./rows.js";

const SECONDS = 2;
const main = document.getElementById("main");
const byId = (id) => document.getElementById(id);
const list = byId("queued");
const rows = () => [...list.children];
const title = (row) => row.querySelector(".title").textContent;

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

/** All of it, or while an order is being made here, only what stands in the rows. */
function show({ queued, finishing, missing }, isCurrent) {
  if (missing) warn(main, "#missing", missing.join(" "));
  if (isCurrent && !reordering.isDragging() && !sending) {
    arrange(list, byId("queue-row"), queued, showRow);
    arrange(byId("finishing"), byId("queue-row"), finishing, showRow);
    byId("nothing").hidden = queued.length + finishing.length > 0;
    reordering.renumber();
    return;
  }
  const known = new Map([...rows(), ...byId("finishing").children].map((row) => [row.dataset.id, row]));
  for (const found of [...queued, ...finishing]) if (known.has(found.id)) showRow(known.get(found.id), found);
}

async function post() {
  const body = new FormData(byId("order"));
  body.append(
    "jobs",
    reordering
      .movableRows()
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

const reordering = makeReorderable(list, { movable: ".movable", titleOf: title, onReorder: send });

const look = poll(main.dataset.states, SECONDS, () => {
  const asked = changes;
  return (found) => show(found, asked === changes);
});

const read = (id) => JSON.parse(byId(id).textContent);
show({ queued: read("queued-rows"), finishing: read("finishing-rows"), missing: null }, true);
