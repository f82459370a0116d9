// Lists that change while they are shown: rows come, go and move, and the one with the focus keeps it.

import { request } from "./http.js";

/**
 * A new row of a template.
 * @param {HTMLTemplateElement} template
 */
export function newRow(template) {
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

/**
 * Make the rows of a list those of the items, in their order.
 * @param {HTMLElement} list
 * @param {HTMLTemplateElement} template of a row
 * @param {{id: string}[]} items
 * @param {(row: HTMLElement, item: any) => void} show writes an item into its row
 */
export function arrange(list, template, items, show) {
  const children = () => /** @type {HTMLElement[]} */ ([...list.children]);
  const ids = new Set(items.map((item) => item.id));
  for (const row of children()) if (!ids.has(row.dataset.id ?? "")) row.remove();
  const known = new Map(children().map((row) => [row.dataset.id ?? "", row]));
  const rows = items.map((item) => {
    const row = known.get(item.id) ?? newRow(template);
    row.dataset.id = item.id;
    show(row, item);
    return row;
  });
  order(list, rows);
  list.closest("section").hidden = !rows.length;
}

/** Put rows into this order. Those that are in their places are not touched: one that moves loses the focus. */
export function order(list, rows) {
  const focused = /** @type {HTMLElement} */ (document.activeElement);
  let next = list.firstElementChild;
  for (const row of rows) {
    if (row === next) next = row.nextElementSibling;
    else list.insertBefore(row, next);
  }
  if (list.contains(focused)) focused.focus({ preventScroll: true });
}

/** Set the text of a part of a row. */
export function setText(row, selector, text) {
  const part = row.querySelector(selector);
  if (part.textContent !== text) part.textContent = text;
}

/** Show a notice of a row while there is a text for it. */
export function showNotice(row, selector, text) {
  row.querySelector(selector).hidden = !text;
  setText(row, `${selector} span`, text ?? "");
}

/** Set the URL of a link; without one it is text. */
export function setLink(link, url) {
  if (url) link.href = url;
  else link.removeAttribute("href");
}

/**
 * Request JSON again and again while the page is visible. Answers that come after a newer one are ignored.
 * @param {string} url
 * @param {number} seconds
 * @param {() => (answer: any) => void} begin is called with every request, and gives what shows its answer
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
      const answer = await response.json();
      if (number < shown) return;
      shown = number;
      show(answer);
    } catch {
      // the server can't be reached: the next round asks again
    }
  };
  setInterval(look, seconds * 1000);
  return look;
}
