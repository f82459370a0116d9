// What a time of training is expected to bring, by what was measured.

/**
 * @typedef {object} Measured
 * @property {number | null} seconds_per_work of this server's last run; null without one
 * @property {Record<string, number>} work multiplications per pixel, by the size of the network
 * @property {[number, number][]} gains steps, and the gain in dB after them
 */

/** The gain of so many steps in words, between the measured ones by their logarithm.
 * @param {number} steps
 * @param {[number, number][]} gains */
export function gainOf(steps, gains) {
  const last = /** @type {[number, number]} */ (gains.at(-1));
  if (steps < gains[0][0]) return `less than +${gains[0][1].toFixed(2)} dB`;
  if (steps >= last[0]) return `+${last[1].toFixed(2)} dB or more`;
  const next = gains.findIndex(([at]) => at > steps);
  const [[from, low], [to, high]] = [gains[next - 1], gains[next]];
  const share = Math.log(steps / from) / Math.log(to / from);
  return `about +${(low + share * (high - low)).toFixed(2)} dB`;
}

/**
 * A sentence about a run of so many seconds.
 * @param {number} seconds
 * @param {{size: string, batch: number, patch: number}} run
 * @param {Measured} measured
 */
export function expectation(seconds, { size, batch, patch }, measured) {
  const work = measured.work[size === "base" ? "64x16" : size];
  if (!work || !(seconds > 0) || !(batch > 0) || !(patch > 0)) return "";
  if (measured.seconds_per_work === null) {
    return (
      "This server's speed is measured in its first run. As a rule, one CPU core trains a Compact 64x16 at about " +
      "2 steps per second, and a GPU is tens of times faster."
    );
  }
  const steps = seconds / (measured.seconds_per_work * work * batch * patch ** 2);
  const rounded = Number(steps.toPrecision(2)).toLocaleString("en");
  const sentence = `About ${rounded} steps at the speed of your last run.`;
  if (size !== "base" && size !== "64x16") return sentence;
  return `${sentence} Fine-tuning realesr-animevideov3 for that long gained ${gainOf(steps, measured.gains)}.`;
}
