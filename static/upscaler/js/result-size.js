// The size of a result before the job is started, by the rules of pipeline/plan.py.

/**
 * @typedef {object} Source
 * @property {number} width displayed, in pixels
 * @property {number} height
 */

const even = (side) => side + (side % 2);

/**
 * @param {Source} source
 * @param {number} scale of the model
 * @param {string} size "" for the preset's own, "2x" for a multiple, "1080p" for lines
 * @param {number | null} presetHeight lines of the preset, where it has its own
 * @returns {{ width: number, height: number, reason: string }} the reason in words, where no size is set
 */
export function resultSize({ width, height }, scale, size, presetHeight) {
  const lines = size.endsWith("p") ? Number.parseInt(size, 10) : size ? null : presetHeight;
  if (lines) {
    const lineWidth = 2 * Math.max(1, Math.round((width * lines) / height / 2));
    return { width: lineWidth, height: lines, reason: size ? "" : "the format's height" };
  }
  const factor = size.endsWith("x") ? Number.parseInt(size, 10) : scale;
  const reason = size ? "" : `${scale}× the source`;
  return { width: even(width * factor), height: even(height * factor), reason };
}
