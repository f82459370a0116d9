// The points of a run's curves, in the order of their steps.

/**
 * @typedef {object} Point
 * @property {number} step
 * @property {number} seconds
 * @property {number | null} loss
 * @property {number | null} score
 * @property {string} note
 * @property {boolean} has_snapshot
 * @property {boolean} has_pictures
 */

/**
 * Put a point in its place; one of the same step is replaced.
 * @param {Point[]} points
 * @param {Point} point
 */
export function addPoint(points, point) {
  let place = points.length;
  while (place && points[place - 1].step > point.step) place -= 1;
  if (place && points[place - 1].step === point.step) points[place - 1] = point;
  else points.splice(place, 0, point);
}

/**
 * Remove what comes after a step, from which the run continues.
 * @param {Point[]} points
 * @param {number} step
 */
export function rewind(points, step) {
  while (points.length && /** @type {Point} */ (points.at(-1)).step > step) points.pop();
}

/** The newest score, null without any.
 * @param {Point[]} points */
export function newestScore(points) {
  return points.findLast((point) => point.score !== null)?.score ?? null;
}

/**
 * Where the scrubber goes when snapshots have come or gone: along with the newest, if it was there, else it stays.
 * @param {number[]} before the steps of the snapshots that were there
 * @param {number} at the place of the one that is shown
 * @param {number[]} after the steps of those that are there now
 */
export function placeAfter(before, at, after) {
  if (!after.length) return 0;
  if (!before.length || at >= before.length - 1) return after.length - 1;
  const kept = after.findLastIndex((step) => step <= before[at]);
  return Math.max(0, kept);
}
