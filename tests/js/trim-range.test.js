// The trim keeps at least one frame, moves by frames and seconds, and knows which frame a player shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAtTime, keyTarget, limitsOf, moveBound, secondsOf, tileOf } from "../../static/upscaler/js/trim-range.js";

const video = { frames: 60, rate: [30000, 1001], begins: 0.5 };
const range = { start: 10, end: 40 };
const press = (key, side, shiftKey = false) => keyTarget({ key, shiftKey }, range, side, video);

test("a bound never passes the other one", () => {
  assert.equal(moveBound(range, "start", 50, 60), 39);
  assert.equal(moveBound(range, "end", 3, 60), 11);
});

test("a bound stays within the video", () => {
  assert.equal(moveBound(range, "start", -5, 60), 0);
  assert.equal(moveBound(range, "end", 90, 60), 60);
});

test("a bound that the other one has passed is set as near as can be", () => {
  assert.equal(moveBound({ start: 50, end: 0 }, "start", 50, 60), 0);
});

test("one frame at least is kept", () => {
  assert.deepEqual(limitsOf({ start: 0, end: 1 }, "start", 1), [0, 0]);
  assert.deepEqual(limitsOf({ start: 0, end: 1 }, "end", 1), [1, 1]);
});

test("arrow keys move by a frame, and with Shift by a second", () => {
  assert.equal(press("ArrowLeft", "start"), 9);
  assert.equal(press("ArrowUp", "start"), 11);
  assert.equal(press("ArrowRight", "end", true), 70);
  assert.equal(press("ArrowDown", "end", true), 10);
});

test("page keys move by ten seconds", () => {
  assert.equal(press("PageUp", "start"), 310);
  assert.equal(press("PageDown", "start"), -290);
});

test("Home and End go as far as the other bound allows", () => {
  assert.equal(press("Home", "start"), 0);
  assert.equal(press("End", "start"), 39);
  assert.equal(press("Home", "end"), 11);
  assert.equal(press("End", "end"), 60);
});

test("other keys do nothing", () => {
  for (const key of ["a", "Tab", "Enter", " "]) assert.equal(press(key, "start"), undefined);
});

test("below one frame per second, a second is one frame", () => {
  assert.equal(keyTarget({ key: "ArrowRight", shiftKey: true }, range, "start", { frames: 60, rate: [1, 4] }), 11);
});

test("every frame is the one that the player shows at its time", () => {
  for (let frame = 0; frame < video.frames; frame += 1) {
    assert.equal(frameAtTime(secondsOf(frame, video.rate, video.begins), video), frame);
  }
});

test("the boundary between two frames belongs to the second, though seconds are rounded", () => {
  assert.equal(frameAtTime(0.5 + (1001 / 30000) * 7 - 1e-7, video), 7);
});

test("before the first frame the first is shown, and behind the last the last", () => {
  assert.equal(frameAtTime(0, video), 0);
  assert.equal(frameAtTime(100, video), 59);
});

test("a frame is found in the sprite sheet by its column and row", () => {
  const sheet = { every: 10, pictures: 6, columns: 4 };
  assert.deepEqual(tileOf(0, sheet), { column: 0, row: 0 });
  assert.deepEqual(tileOf(45, sheet), { column: 0, row: 1 });
  assert.deepEqual(tileOf(999, sheet), { column: 1, row: 1 });
});
