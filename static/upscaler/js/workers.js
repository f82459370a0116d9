// The workers page: which workers are running and what each is doing, live.

import { frameRate } from "./format.js";
import { arrange, poll, setLink, setText, showNotice } from "./rows.js";

const SECONDS = 2;
const byId = (id) => document.getElementById(id);

function handOf({ does, what, part, url }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.textContent = what;
  setLink(link, url);
  item.append(`${does} `, link, part ? `, ${part}` : "");
  return item;
}

/** Replace the activities only when they change: a link that is replaced can't be clicked. */
function showHands(row, hands) {
  const list = row.querySelector(".tasks");
  const said = JSON.stringify(hands);
  if (list.dataset.said === said) return;
  list.dataset.said = said;
  list.replaceChildren(...hands.map(handOf));
}

function showRow(row, worker) {
  for (const name of ["host", "does", "device", "network", "heard", "version", "label"])
    setText(row, `.${name}`, worker[name]);
  for (const name of ["device", "network"]) row.querySelector(`.of-${name}`).hidden = !worker[name];
  row.querySelector(".state").dataset.state = worker.state;
  setText(row, ".speed", worker.fps ? frameRate(worker.fps) : "");
  showNotice(row, ".refusal", worker.refuses);
  showHands(row, worker.hands);
}

function show({ workers, missing }) {
  if (missing) showNotice(byId("main"), "#missing", workers.length ? missing.join(" ") : "");
  arrange(byId("workers"), byId("worker-row"), workers, showRow);
  byId("empty").hidden = workers.length > 0;
}

show({ workers: JSON.parse(byId("worker-rows").textContent), missing: null });
poll(byId("main").dataset.states, SECONDS, () => show);
