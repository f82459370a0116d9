// The workers page: who is there and what each has in hand, live.

import { frameRate } from "./format.js";
import { arrange, lead, poll, say, warn } from "./rows.js";

const SECONDS = 2;
const byId = (id) => document.getElementById(id);

function handOf({ does, what, part, url }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.textContent = what;
  lead(link, url);
  item.append(`${does} `, link, part ? `, ${part}` : "");
  return item;
}

/** Only when they are others: a link that is replaced can't be clicked. */
function showHands(row, hands) {
  const list = row.querySelector(".hands");
  const said = JSON.stringify(hands);
  if (list.dataset.said === said) return;
  list.dataset.said = said;
  list.replaceChildren(...hands.map(handOf));
}

function showRow(row, found) {
  for (const name of ["host", "does", "device", "network", "heard", "version", "label"])
    say(row, `.${name}`, found[name]);
  for (const name of ["device", "network"]) row.querySelector(`.of-${name}`).hidden = !found[name];
  row.querySelector(".state").dataset.state = found.state;
  say(row, ".speed", found.fps ? frameRate(found.fps) : "");
  warn(row, ".refuses", found.refuses);
  showHands(row, found.hands);
}

function show({ workers, missing }) {
  if (missing) warn(byId("main"), "#missing", workers.length ? missing.join(" ") : "");
  arrange(byId("workers"), byId("worker-row"), workers, showRow);
  byId("nothing").hidden = workers.length > 0;
}

show({ workers: JSON.parse(byId("worker-rows").textContent), missing: null });
poll(byId("main").dataset.states, SECONDS, () => show);
