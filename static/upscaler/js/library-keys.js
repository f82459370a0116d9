// Keyboard shortcuts of the library: / searches, arrows go from card to card, Enter opens a card, x selects it.

import { targetOf } from "./dom.js";
import { toggle } from "./selection.js";

const TYPED = "input:not([type=checkbox]), select, textarea, [contenteditable]";
const links = () => [...document.querySelectorAll("#cards .card > a")];

const isInView = (link) => link.getBoundingClientRect().top >= 0;

/** Which card is reached from one by a key; the cards of a row begin at the same height. */
function goal(list, at, key) {
  if (key === "ArrowRight") return list[at + 1];
  if (key === "ArrowLeft") return list[at - 1];
  if (key === "Home") return list[0];
  if (key === "End") return list.at(-1);
  const top = (link) => link.parentElement.offsetTop;
  const left = (link) => link.parentElement.offsetLeft;
  const isDown = key === "ArrowDown";
  const beyond = list.filter((link) => (isDown ? top(link) > top(list[at]) : top(link) < top(list[at])));
  const row = isDown ? beyond[0] : beyond.at(-1);
  if (!row) return undefined;
  const same = beyond.filter((link) => top(link) === top(row));
  return same.find((link) => left(link) >= left(list[at])) ?? same.at(-1);
}

function move(event) {
  const list = links();
  const at = list.findIndex((link) => link.parentElement.contains(document.activeElement));
  if (!list.length) return;
  if (at < 0 && (document.activeElement !== document.body || ["Home", "End"].includes(event.key))) return;
  const next = at < 0 ? (list.find(isInView) ?? list[0]) : goal(list, at, event.key);
  event.preventDefault();
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const search = document.getElementById("find_q");
  if (event.target === search && event.key === "ArrowDown" && links().length) {
    event.preventDefault();
    links()[0].focus();
    return;
  }
  if (targetOf(event).closest(TYPED) || targetOf(event).closest("details[open], dialog")) return;
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
    move(event);
  } else if (event.key === "x") {
    const box = document.activeElement?.closest(".card")?.querySelector("[name=video]");
    if (box) toggle(box);
  }
});
