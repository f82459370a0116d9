// The page that joins parts: their order by dragging, by buttons and by keys; starts when all are measured.

import { getJson, getPage } from "./http.js";

const SECONDS = 2;
const MOST_ASKED = 40; // as many as the server answers for, and a few less
const main = document.getElementById("main");
const list = document.getElementById("parts");
const start = document.getElementById("start");
const rows = () => [...list.querySelectorAll(".part")];
const title = (row) => row.querySelector("strong").textContent;

function number() {
  const all = rows();
  all.forEach((row, place) => {
    row.querySelector(".number").textContent = place + 1;
    row.querySelector(".up").disabled = place === 0;
    row.querySelector(".down").disabled = place === all.length - 1;
    row.querySelector(".out").disabled = all.length < 2;
  });
  start.disabled = all.length < 2 || all.some((row) => "waiting" in row.dataset);
}

function say(row) {
  document.getElementById("moved").textContent = `${title(row)} is now ${rows().indexOf(row) + 1} of ${rows().length}`;
}

function swap(row, other, after) {
  if (!other) return;
  list.insertBefore(row, after ? other.nextSibling : other);
  number();
  say(row);
}

/** As swap, but it is the others that move: an element that leaves its place lets the pointer go. */
function pass(row, other, after) {
  const goal = rows().indexOf(other);
  while (rows().indexOf(row) !== goal) {
    if (after) list.insertBefore(row.nextElementSibling, row);
    else list.insertBefore(row.previousElementSibling, row.nextElementSibling);
  }
  number();
  say(row);
}

function move(row, by, button) {
  swap(row, by < 0 ? row.previousElementSibling : row.nextElementSibling, by > 0);
  // the button may have reached its end: the keyboard stays on this part
  (button.disabled ? row.querySelector(by < 0 ? ".down" : ".up") : button).focus();
}

for (const row of rows()) {
  row.querySelector(".grip").hidden = false;
  row.querySelector(".moves").hidden = false;
  row.querySelector(".up").addEventListener("click", (event) => move(row, -1, event.currentTarget));
  row.querySelector(".down").addEventListener("click", (event) => move(row, 1, event.currentTarget));
  row.querySelector(".out").addEventListener("click", () => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    number();
    next.querySelector(".out:enabled, .up:enabled, .down:enabled")?.focus();
  });
  const grip = row.querySelector(".grip");
  grip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    grip.setPointerCapture(event.pointerId);
    row.classList.add("dragged");
    event.preventDefault();
  });
  grip.addEventListener("pointermove", (event) => {
    if (!row.classList.contains("dragged")) return;
    const over = rows().find((other) => {
      const box = other.getBoundingClientRect();
      return other !== row && event.clientY > box.top && event.clientY < box.bottom;
    });
    if (!over) return;
    const box = over.getBoundingClientRect();
    const isAfter = rows().indexOf(over) > rows().indexOf(row);
    // only past its middle, so that parts of unlike heights do not change places to and fro
    if (isAfter === event.clientY > box.top + box.height / 2) pass(row, over, isAfter);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    grip.addEventListener(kind, () => row.classList.remove("dragged"));
  }
}

/** Show what was found in a part; the order on this page stays. */
async function measured(row) {
  const page = await getPage(
    `${location.pathname}?${rows()
      .map((one) => `video=${one.dataset.video}`)
      .join("&")}`,
  );
  const fresh = page.querySelector(`.part[data-video="${row.dataset.video}"]`);
  for (const name of [".small-poster", ".words"]) {
    if (fresh) row.querySelector(name).replaceWith(document.adoptNode(fresh.querySelector(name)));
  }
  delete row.dataset.waiting;
}

/** Parts that were sent a moment ago are still being measured. */
async function look() {
  const waiting = rows()
    .filter((row) => "waiting" in row.dataset)
    .slice(0, MOST_ASKED);
  if (!waiting.length || document.hidden) return;
  const ids = waiting.map((row) => row.dataset.video).join(",");
  const states = await getJson(`${main.dataset.states}?ids=${ids}`);
  for (const row of waiting) {
    const video = states[row.dataset.video]?.video ?? "refused";
    if (video === "ready") await measured(row);
    if (video === "refused") {
      row.dataset.refused = "";
      row.querySelector(".words .muted").textContent = "Can't be used; remove it";
    }
  }
  number();
  const refused = rows().some((row) => "refused" in row.dataset);
  const words = document.getElementById("waiting");
  if (refused) words.textContent = "A part can't be used. Remove it.";
  else if (!start.disabled) words.textContent = "All parts are analysed.";
}

if (document.getElementById("waiting")) setInterval(() => look().catch(() => {}), SECONDS * 1000);
const form = document.getElementById("film");
form.addEventListener("submit", (event) => {
  if ("sent" in form.dataset) event.preventDefault(); // one film is enough
  form.dataset.sent = "";
});
window.addEventListener("pageshow", () => delete form.dataset.sent); // who comes back may send again
number();
