// Thumbnails out of the pages of a contact sheet, as backgrounds.

const COLUMNS = 10; // of every page

/**
 * Show the thumbnail that an element names in data-sheet, data-column, data-row and data-rows; the first one by default.
 * @param {HTMLElement} element
 */
export function showTile(element) {
  const { sheet, column = "0", row = "0", rows = "1" } = element.dataset;
  const last = Number(rows) - 1;
  element.style.backgroundImage = `url("${sheet}")`;
  element.style.backgroundSize = `${COLUMNS * 100}% auto`;
  element.style.backgroundPosition = `${(100 * Number(column)) / (COLUMNS - 1)}% ${last ? (100 * Number(row)) / last : 0}%`;
}
