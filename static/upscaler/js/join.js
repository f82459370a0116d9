// The page that joins parts: their order, by dragging and by buttons. Joining can start when all parts are analysed.

import { targetOf } from "./dom.js";
import { getJson, getPage } from "./http.js";
import { makeReorderable } from "./reorder.js";

const SECONDS = 2;
const MAX_IDS = 40; // the server answers for at most 48
const main = document.getElementById("main");
const list = document.getElementById("parts");
const start = document.getElementById("start");
const rows = () => [...list.querySelectorAll(".part")];
const title = (row) => row.querySelector("strong").textContent;

const reordering = makeReorderable(list, { movable: ".part", titleOf: title, onReorder: () => {} });

/** Two parts or more can be joined, once all are analysed. */
function update() {
  const all = rows();
  reordering.renumber();
  for (const row of all) row.querySelector(".out").disabled = all.length < 2;
  start.disabled = all.length < 2 || all.some((row) => "waiting" in row.dataset);
}

list.addEventListener("click", (event) => {
  if (!targetOf(event).closest(".out")) return;
  const row = targetOf(event).closest(".part");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  update();
  next.querySelector(".out:enabled, .up:enabled, .down:enabled")?.focus();
});

/** Show the facts of a part that has been analysed. The order on this page stays. */
async function showAnalysed(row) {
  const page = await getPage(
    `${location.pathname}?${rows()
      .map((part) => `video=${part.dataset.video}`)
      .join("&")}`,
  );
  const fresh = page.querySelector(`.part[data-video="${row.dataset.video}"]`);
  for (const name of [".small-poster", ".item-text"]) {
    if (fresh) row.querySelector(name).replaceWith(document.adoptNode(fresh.querySelector(name)));
  }
  delete row.dataset.waiting;
}

/** Parts that were uploaded a moment ago are still being analysed. */
async function checkStates() {
  const waiting = rows()
    .filter((row) => "waiting" in row.dataset)
    .slice(0, MAX_IDS);
  if (!waiting.length || document.hidden) return;
  const ids = waiting.map((row) => row.dataset.video).join(",");
  const states = await getJson(`${main.dataset.states}?ids=${ids}`);
  for (const row of waiting) {
    const video = states[row.dataset.video]?.video ?? "refused";
    if (video === "ready") await showAnalysed(row);
    if (video === "refused") {
      row.dataset.refused = "";
      row.querySelector(".item-text .muted").textContent = "Can't be used; remove it";
    }
  }
  update();
  const refused = rows().some((row) => "refused" in row.dataset);
  const notice = document.getElementById("waiting");
  if (refused) notice.textContent = "A part can't be used. Remove it.";
  else if (!start.disabled) notice.textContent = "All parts are analysed.";
}

if (document.getElementById("waiting")) setInterval(() => checkStates().catch(() => {}), SECONDS * 1000);
const form = document.getElementById("film");
form.addEventListener("submit", (event) => {
  if ("sent" in form.dataset) event.preventDefault(); // sent already
  form.dataset.sent = "";
});
window.addEventListener("pageshow", () => delete form.dataset.sent);
update();
