// Lists that change while they are looked at: rows come, go and move, and whoever has the keyboard in one keeps it.

import { request } from "./http.js";

/**
 * Make the rows of a list those that were found, in their order.
 * @param {HTMLElement} list
 * @param {HTMLTemplateElement} template of a row
 * @param {{id: string}[]} found
 * @param {(row: HTMLElement, one: object) => void} show puts into a row what was found
 */
export function arrange(list, template, found, show) {
  const ids = new Set(found.map((one) => one.id));
  for (const row of [...list.children]) if (!ids.has(row.dataset.id)) row.remove();
  const known = new Map([...list.children].map((row) => [row.dataset.id, row]));
  const rows = found.map((one) => {
    const row = known.get(one.id) ?? template.content.firstElementChild.cloneNode(true);
    row.dataset.id = one.id;
    show(row, one);
    return row;
  });
  order(list, rows);
  list.closest("section").hidden = !rows.length;
}

/** Put rows into this order. Those that are in their places are not touched: one that moves loses the focus. */
export function order(list, rows) {
  const focused = document.activeElement;
  let next = list.firstElementChild;
  for (const row of rows) {
    if (row === next) next = row.nextElementSibling;
    else list.insertBefore(row, next);
  }
  if (list.contains(focused)) focused.focus({ preventScroll: true });
}

/** What stands in a part of a row. */
export function say(row, selector, text) {
  const part = row.querySelector(selector);
  if (part.textContent !== text) part.textContent = text;
}

/** A sentence that is there only while there is something to say. */
export function warn(row, selector, text) {
  row.querySelector(selector).hidden = !text;
  say(row, `${selector} span`, text ?? "");
}

/** An address for a link; without one it is text. */
export function lead(link, url) {
  if (url) link.href = url;
  else link.removeAttribute("href");
}

/**
 * Ask for JSON again and again, while anybody looks. Answers that were overtaken are dropped.
 * @param {string} url
 * @param {number} seconds
 * @param {() => (found: object) => void} begin is called with every question, and gives what shows its answer
 * @returns a function that asks at once
 */
export function poll(url, seconds, begin) {
  let [asked, shown] = [0, 0];
  const look = async () => {
    if (document.hidden) return;
    asked += 1;
    const [number, show] = [asked, begin()];
    try {
      const response = await request(url);
      if (!response.ok) return;
      const found = await response.json();
      if (number < shown) return;
      shown = number;
      show(found);
    } catch {
      // the server is away: the next round asks again
    }
  };
  setInterval(look, seconds * 1000);
  return look;
}
