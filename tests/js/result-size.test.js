// The size that a result will have, before the job is started.

import assert from "node:assert/strict";
import { test } from "node:test";
import { resultSize } from "../../static/upscaler/js/result-size.js";

const source = { width: 63, height: 48 };

test("without a size it is the model's multiple of the source", () => {
  assert.deepEqual(resultSize(source, 4, "", null), { width: 252, height: 192, reason: "4× the source" });
});

test("a preset with a height of its own decides, with the source's shape", () => {
  assert.deepEqual(resultSize(source, 4, "", 1080), { width: 1418, height: 1080, reason: "the format's height" });
});

test("a size that is set comes before the preset's, and needs no reason", () => {
  assert.deepEqual(resultSize(source, 4, "720p", 1080), { width: 946, height: 720, reason: "" });
  assert.deepEqual(resultSize(source, 4, "2x", 1080), { width: 126, height: 96, reason: "" });
});

test("sides are even", () => {
  assert.deepEqual(resultSize({ width: 63, height: 47 }, 1, "1x", null), { width: 64, height: 48, reason: "" });
  assert.equal(resultSize({ width: 1, height: 1000 }, 4, "480p", null).width, 2);
});
