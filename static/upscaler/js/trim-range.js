// The frames that a trim keeps, [start, end): which bounds can be set, what keys do, and where a frame is in time.

/** @typedef {"start" | "end"} Side */
/** @typedef {{ start: number, end: number }} Range */
/** @typedef {[number, number]} Rate frames per second, as numerator and denominator */

/**
 * The lowest and the highest frame of a bound, so that at least one frame is kept.
 * @param {Range} range
 * @param {Side} side
 * @param {number} frames of the video
 * @returns {[number, number]}
 */
export function limitsOf({ start, end }, side, frames) {
  return side === "start" ? [0, end - 1] : [start + 1, frames];
}

/**
 * A bound moved to a frame, or as near to it as the other bound allows.
 * @param {Range} range
 * @param {Side} side
 * @param {number} frame
 * @param {number} frames of the video
 */
export function moveBound(range, side, frame, frames) {
  const [lowest, highest] = limitsOf(range, side, frames);
  return Math.min(Math.max(frame, lowest), Math.max(lowest, highest));
}

/**
 * The frame that a key moves a bound to; undefined for keys that do nothing. With Shift, arrows move by a second.
 * @param {{ key: string, shiftKey: boolean }} event
 * @param {Range} range
 * @param {Side} side
 * @param {{ frames: number, rate: Rate }} video
 * @returns {number | undefined}
 */
export function keyTarget({ key, shiftKey }, range, side, { frames, rate }) {
  const second = Math.max(1, Math.round(rate[0] / rate[1]));
  const step = shiftKey ? second : 1;
  const [lowest, highest] = limitsOf(range, side, frames);
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return range[side] - step;
    case "ArrowRight":
    case "ArrowUp":
      return range[side] + step;
    case "PageDown":
      return range[side] - 10 * second;
    case "PageUp":
      return range[side] + 10 * second;
    case "Home":
      return lowest;
    case "End":
      return highest;
    default:
      return undefined;
  }
}

/**
 * Seconds at which a player shows a frame: the middle of it, whatever the container rounds.
 * @param {number} frame
 * @param {Rate} rate
 * @param {number} begins seconds at which the first frame is shown
 */
export function secondsOf(frame, rate, begins) {
  return begins + ((frame + 0.5) * rate[1]) / rate[0];
}

/**
 * The frame that a player shows at a time.
 * @param {number} seconds
 * @param {{ frames: number, rate: Rate, begins: number }} video
 */
export function frameAtTime(seconds, { frames, rate, begins }) {
  const frame = Math.floor(((seconds - begins) * rate[0]) / rate[1] + 1e-4);
  return Math.min(frames - 1, Math.max(0, frame));
}

/**
 * Column and row of the picture in a sprite sheet that stands for a frame.
 * @param {number} frame
 * @param {{ every: number, pictures: number, columns: number }} sheet
 */
export function tileOf(frame, { every, pictures, columns }) {
  const number = Math.min(pictures - 1, Math.floor(frame / every));
  return { column: number % columns, row: Math.floor(number / columns) };
}
