// Selects videos: by boxes, by x, and while selecting by a click on a card. The selection stays from page to page.

import { formOf, targetOf } from "./dom.js";

const MAX_IDS = 500; // the server's limit of ids; for more there is "all"
const chosen = new Set();

const byId = (id) => document.getElementById(id);
const boxes = () => [...document.querySelectorAll("#cards [name=video]")];
let isSelecting = byId("results")?.classList.contains("selecting") ?? false;
const all = () => document.querySelector("#selection [name=all]");

/** Start or stop selecting; the selection is cleared at the end. */
function select(on) {
  isSelecting = on;
  if (!on) {
    chosen.clear();
    for (const box of boxes()) box.checked = false;
    if (all()) all().checked = false;
    document.querySelector("#finder [name=select]")?.remove();
  }
  show();
}

/** Select the video of a box, or deselect it. */
export function toggle(box, on = !box.checked) {
  box.checked = on;
  if (on) chosen.add(box.value);
  else chosen.delete(box.value);
  if (on) isSelecting = true;
  show();
}

/** Update boxes, buttons and texts; also after the results were swapped. */
export function show() {
  if (!byId("selection")) return;
  for (const box of boxes()) {
    if (chosen.has(box.value)) box.checked = true;
    else if (box.checked) chosen.add(box.value); // the browser remembers what was ticked before a reload
  }
  isSelecting ||= chosen.size > 0;
  byId("results").classList.toggle("selecting", isSelecting);
  byId("select").querySelector("span").textContent = isSelecting ? "Stop selecting" : "Select";
  const isAll = all()?.checked ?? false;
  const count = isAll ? Number(byId("results").dataset.count) : chosen.size;
  byId("selected-count").textContent = count ? `${count.toLocaleString("en")} selected` : "Select videos";
  const canJoin = !isAll && boxes().every((box) => !box.checked || "joins" in box.dataset);
  for (const button of document.querySelectorAll("#selection [data-needs]")) {
    button.disabled =
      count < Number(button.dataset.needs) || (!isAll && count > MAX_IDS) || (button.id === "join" && !canJoin);
  }
  for (const card of document.querySelectorAll("#cards .card")) {
    card.classList.toggle("is-selected", isAll || card.querySelector("[name=video]").checked);
  }
}

document.addEventListener("change", (event) => {
  if (targetOf(event).matches("#cards [name=video]")) toggle(targetOf(event), targetOf(event).checked);
  else if (event.target === all()) show();
});

/** @type {HTMLInputElement | null} */
let last = null;

document.addEventListener("click", (event) => {
  const link = targetOf(event).closest("#cards .card > a");
  if (targetOf(event).closest("#select, #stop-selecting") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    select(!isSelecting);
    return;
  }
  if (!link || !isSelecting || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const box = link.parentElement.querySelector("[name=video]");
  toggle(box);
  if (event.shiftKey && last?.isConnected) between(last, box, box.checked);
  last = box;
});

/** Select a range, for a click with Shift. */
function between(first, second, on) {
  const list = boxes();
  const [start, end] = [list.indexOf(first), list.indexOf(second)].sort((a, b) => a - b);
  for (const box of list.slice(start, end + 1)) toggle(box, on);
}

document.addEventListener("submit", (event) => {
  const form = formOf(event);
  if (form.id !== "selection") return;
  for (const field of form.querySelectorAll("[data-elsewhere]")) field.remove();
  const isAll = all()?.checked ?? false;
  const here = new Set(boxes().map((box) => box.value));
  for (const box of boxes()) box.disabled = isAll; // they need not be sent
  if (isAll) {
    setTimeout(() =>
      boxes().forEach((box) => {
        box.disabled = false;
      }),
    );
    return;
  }
  for (const id of chosen) {
    if (here.has(id)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "video", value: id });
    field.dataset.elsewhere = "";
    form.append(field);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isSelecting || targetOf(event).closest("[type=search], details[open], dialog")) return;
  select(false);
});

// the browser restores the boxes of a page that is shown again
window.addEventListener("pageshow", show);
show();
