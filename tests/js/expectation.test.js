import assert from "node:assert/strict";
import { test } from "node:test";
import { expectation, gainOf } from "../../static/upscaler/js/expectation.js";

const gains = [
  [300, 0.25],
  [2000, 0.38],
  [3000, 0.4],
];
const run = { size: "64x16", batch: 8, patch: 48 };
const measured = { seconds_per_work: 1e-11, work: { "64x16": 1_000_000, "48x8": 300_000 }, gains };

test("gains are those that were measured, and between them by the logarithm of the steps", () => {
  assert.equal(gainOf(100, gains), "less than +0.25 dB");
  assert.equal(gainOf(300, gains), "about +0.25 dB");
  assert.equal(gainOf(775, gains), "about +0.32 dB");
  assert.equal(gainOf(50_000, gains), "+0.40 dB or more");
});

test("steps follow from the time and the speed of the last run", () => {
  assert.match(expectation(1843.2, run, measured), /^About 10,000 steps .* gained \+0\.40 dB or more\.$/);
  assert.match(expectation(1843.2, { ...run, size: "base" }, measured), /^About 10,000 steps/);
});

test("a gain is only promised for the network that it was measured with", () => {
  assert.doesNotMatch(expectation(3600, { ...run, size: "48x8" }, measured), /dB/);
});

test("without a run, a rule of thumb is given, and nothing for a size that isn't known", () => {
  assert.match(expectation(3600, run, { ...measured, seconds_per_work: null }), /first run/);
  assert.equal(expectation(3600, { ...run, size: "custom" }, measured), "");
  assert.equal(expectation(Number.NaN, run, measured), "");
});
