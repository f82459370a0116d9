// Lists whose rows are reordered by dragging, with SortableJS, and by Up and Down buttons.

import { targetOf } from "./dom.js";
import { order } from "./rows.js";

/**
 * The items with one of them moved by some places.
 * @template T
 * @param {T[]} items
 * @param {T} item
 * @param {number} by
 * @returns {T[]}
 */
export function moved(items, item, by) {
  const place = items.indexOf(item);
  const others = items.filter((other) => other !== item);
  others.splice(Math.max(0, place + by), 0, item);
  return others;
}

/**
 * All rows, with the movable ones in a new order in the places that they had together; the others keep theirs.
 * @template T
 * @param {T[]} rows
 * @param {T[]} movable in their new order
 * @returns {T[]}
 */
export function merged(rows, movable) {
  const members = new Set(movable);
  const remaining = movable.values();
  return rows.map((row) => (members.has(row) ? /** @type {T} */ (remaining.next().value) : row));
}

/**
 * Makes a list reorderable. Its rows have .grip, .number, and .moves with .up and .down; #moved announces each move.
 *
 * @param {HTMLElement} list
 * @param {object} options
 * @param {string} options.movable selector of the rows that can be moved
 * @param {(row: HTMLElement) => string} options.titleOf
 * @param {() => void} options.onReorder called after the rows have changed places
 */
export function makeReorderable(list, { movable, titleOf, onReorder }) {
  const rows = () => /** @type {HTMLElement[]} */ ([...list.children]);
  const movableRows = () => rows().filter((row) => row.matches(movable));
  let isDragging = false;
  /** @type {HTMLElement[]} */
  let rowsBefore = [];

  /** Show the numbers, and the grips and buttons of rows that can be moved. */
  function renumber() {
    const candidates = movableRows();
    for (const [place, row] of rows().entries()) {
      const canMove = candidates.length > 1 && candidates.includes(row);
      const number = row.querySelector(".number");
      if (number.textContent !== String(place + 1)) number.textContent = String(place + 1);
      for (const part of row.querySelectorAll(".grip, .moves")) part.hidden = !canMove;
      row.querySelector(".up").disabled = row === candidates[0];
      row.querySelector(".down").disabled = row === candidates.at(-1);
    }
  }

  /** @param {HTMLElement} row that was moved */
  function announce(row) {
    const place = rows().indexOf(row) + 1;
    document.getElementById("moved").textContent = `${titleOf(row)} is now ${place} of ${rows().length}`;
    onReorder();
  }

  list.addEventListener("click", (event) => {
    const button = targetOf(event).closest(".up, .down");
    if (!button) return;
    const row = /** @type {HTMLElement} */ (rows().find((candidate) => candidate.contains(button)));
    const isUp = button.classList.contains("up");
    order(list, merged(rows(), moved(movableRows(), row, isUp ? -1 : 1)));
    renumber();
    announce(row);
    // a button that has reached its end is disabled: the focus stays in this row
    (button.disabled ? row.querySelector(isUp ? ".down" : ".up") : button).focus();
  });

  window.Sortable.create(list, {
    draggable: movable,
    handle: ".grip",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
    forceFallback: true, // by pointer events: the same for mouse and touch
    fallbackOnBody: true,
    fallbackClass: "dragged",
    ghostClass: "gap",
    onStart: () => {
      isDragging = true;
      rowsBefore = rows();
    },
    onEnd: ({ item }) => {
      isDragging = false;
      const movableBefore = rowsBefore.filter((row) => row.matches(movable));
      const movableNow = movableRows();
      order(list, merged(rowsBefore, movableNow));
      renumber();
      if (movableNow.some((row, place) => row !== movableBefore[place])) announce(item);
    },
  });

  renumber();
  return { renumber, isDragging: () => isDragging, movableRows };
}
