// What pages have in common.

/** @typedef {HTMLFormElement & { elements: Record<string, any> }} Form */

/**
 * The form that is submitted.
 * @param {Event} event
 */
export function formOf(event) {
  return /** @type {Form} */ (event.target);
}

/**
 * The context of a canvas, to draw in two dimensions.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function contextOf(canvas, settings) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));
}

/**
 * The element that an event came from.
 * @param {Event} event
 */
export function targetOf(event) {
  return /** @type {HTMLElement & { checked?: boolean }} */ (event.target);
}
