// The queue page: the progress of every job, live, and the order of a person's own by dragging and by buttons.

import { clock, frameRate } from "./format.js";
import { request } from "./http.js";
import { changeIcon } from "./icon.js";
import { makeReorderable } from "./reorder.js";
import { arrange, poll, setLink, setText, showNotice } from "./rows.js";

const SECONDS = 2;
const main = document.getElementById("main");
const byId = (id) => document.getElementById(id);
const list = byId("queued");
const rows = () => [...list.children];
const title = (row) => row.querySelector(".title").textContent;

let sending = 0;
let changes = 0; // of the order, on this page: responses to earlier requests are old
let sent = Promise.resolve();

function showRow(row, job) {
  row.classList.toggle("movable", job.can_move);
  row.classList.toggle("of-others", !job.is_own);
  setText(row, ".title", job.title);
  setText(row, ".about", job.about ?? "");
  setLink(row.querySelector(".title"), job.url);
  row.querySelector(".state").dataset.state = job.state;
  setText(row, ".label", job.label);
  setText(row, ".speed", job.fps ? frameRate(job.fps) : "");
  setText(row, ".left", job.seconds_left == null ? "" : `${clock(job.seconds_left)} left`);
  setText(row, ".share", `${job.percent} %`);
  const bar = row.querySelector("progress");
  bar.max = job.total || 1;
  bar.value = job.done;
  showNotice(row, ".waits", job.waits_for);
  showActions(row, job);
}

function showActions(row, { title: name, pause, resume, cancel }) {
  const hold = row.querySelector(".pause-form");
  hold.hidden = !pause && !resume;
  hold.action = pause ?? resume ?? "";
  const button = hold.querySelector("button");
  button.title = resume ? "Resume" : "Pause";
  button.ariaLabel = `${button.title} ${name}`;
  changeIcon(button.querySelector(".icon"), resume ? "play" : "pause");
  const form = row.querySelector(".cancel");
  form.hidden = !cancel;
  form.action = cancel ?? "";
  form.querySelector("button").ariaLabel = `Cancel ${name}`;
  row.querySelector(".up").ariaLabel = `Move ${name} up`;
  row.querySelector(".down").ariaLabel = `Move ${name} down`;
}

/** Show all rows; while the order is being changed here, only update those that are shown. */
function show({ queued, finishing, missing }, isCurrent) {
  if (missing) showNotice(main, "#missing", missing.join(" "));
  if (isCurrent && !reordering.isDragging() && !sending) {
    arrange(list, byId("queue-row"), queued, showRow);
    arrange(byId("finishing"), byId("queue-row"), finishing, showRow);
    byId("empty").hidden = queued.length + finishing.length > 0;
    reordering.renumber();
    return;
  }
  const known = new Map([...rows(), ...byId("finishing").children].map((row) => [row.dataset.id, row]));
  for (const job of [...queued, ...finishing]) if (known.has(job.id)) showRow(known.get(job.id), job);
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
  let answer = null;
  try {
    const response = await request(byId("order").action, { method: "POST", body });
    if (response.ok) answer = await response.json();
  } catch {
    // the server can't be reached: the next round shows its order
  }
  sending -= 1;
  if (answer) show(answer, asked === changes);
  else byId("moved").textContent = "Couldn't save the new order.";
  changes += 1; // a response that is still on its way may have the old order
}

/** Send the orders one after the other: the last one counts. */
function send() {
  changes += 1;
  sending += 1;
  sent = sent.then(post);
}

// Pause, resume and cancel stay on this page.
main.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches(".pause-form, .cancel") || (form.dataset.confirm && !form.dataset.confirmed)) return;
  event.preventDefault();
  const body = new FormData(form);
  const isDone = await request(form.action, { method: "POST", body }).then(
    ({ ok }) => ok,
    () => false,
  );
  showNotice(main, "#refused", isDone ? "" : "Couldn't do that. Try again in a moment.");
  await look();
});

const reordering = makeReorderable(list, { movable: ".movable", titleOf: title, onReorder: send });

const look = poll(main.dataset.states, SECONDS, () => {
  const asked = changes;
  return (answer) => show(answer, asked === changes);
});

const read = (id) => JSON.parse(byId(id).textContent);
show({ queued: read("queued-rows"), finishing: read("finishing-rows"), missing: null }, true);
