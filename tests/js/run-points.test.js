import assert from "node:assert/strict";
import { test } from "node:test";
import { addPoint, newestScore, placeAfter, rewind } from "../../static/upscaler/js/run/points.js";

const point = (step, score = null) => ({ step, score });
const steps = (points) => points.map((each) => each.step);

test("points keep the order of their steps, and a step has one point", () => {
  const points = [];
  for (const step of [20, 60, 40]) addPoint(points, point(step));
  addPoint(points, point(40, 28.5));
  assert.deepEqual(steps(points), [20, 40, 60]);
  assert.equal(points[1].score, 28.5);
});

test("a run that continues from a checkpoint forgets what came after it", () => {
  const points = [point(20), point(40), point(60)];
  rewind(points, 40);
  assert.deepEqual(steps(points), [20, 40]);
});

test("the newest score is that of the last point that has one", () => {
  assert.equal(newestScore([point(20, 27), point(40, 28), point(60)]), 28);
  assert.equal(newestScore([]), null);
});

test("the scrubber follows the newest snapshot while it is there, and else stays where it is", () => {
  assert.equal(placeAfter([], 0, [20, 40]), 1);
  assert.equal(placeAfter([20, 40], 1, [20, 40, 60]), 2);
  assert.equal(placeAfter([20, 40, 60], 1, [20, 40, 60, 80]), 1);
  assert.equal(placeAfter([20, 40, 60], 1, [20, 60, 80]), 0);
  assert.equal(placeAfter([20], 0, []), 0);
});
