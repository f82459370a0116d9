// The comparison's clock: frames by number, and one seek at a time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAt, Seeker, timeOf } from "../../static/upscaler/js/compare/sources.js";

test("the time of a frame lies well inside it, whatever the container rounds", () => {
  for (const rate of [24000 / 1001, 25, 30000 / 1001, 50, 60]) {
    for (const frame of [0, 1, 29, 107_891]) {
      const time = timeOf(frame, rate, 1.5);
      assert.equal(Math.floor((time - 1.5) * rate), frame);
      for (const rounded of [time - 0.001, time + 0.001]) assert.equal(Math.floor((rounded - 1.5) * rate), frame);
    }
  }
});

test("a decoder's timestamp, rounded to milliseconds, names its frame", () => {
  const rate = 30000 / 1001;
  for (const frame of [0, 1, 2, 29, 107_891]) {
    assert.equal(frameAt(Math.round((2 + frame / rate) * 1000) / 1000, rate, 2), frame);
  }
});

/** A seeker whose seeks end when the test says so. */
function seekerUnderTest() {
  const seeks = [];
  const seeker = new Seeker((frame) => new Promise((resolve, reject) => seeks.push({ frame, resolve, reject })));
  return { seeker, seeks };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("of the seeks that are asked for while one is running, only the last one is done", async () => {
  const { seeker, seeks } = seekerUnderTest();
  const arrived = seeker.goTo(1);
  for (const frame of [2, 3, 4]) seeker.goTo(frame);
  seeks[0].resolve();
  await turn();
  seeks[1].resolve();
  await arrived;

  assert.deepEqual(
    seeks.map(({ frame }) => frame),
    [1, 4],
  );
});

test("whoever asked first waits until the last frame is there", async () => {
  const { seeker, seeks } = seekerUnderTest();
  let isThere = false;
  const arrived = seeker.goTo(1).then(() => {
    isThere = true;
  });
  seeker.goTo(2);
  seeks[0].resolve();
  await turn();
  assert.equal(isThere, false);
  seeks[1].resolve();
  await arrived;
});

test("it is busy while it seeks", async () => {
  const { seeker, seeks } = seekerUnderTest();
  const arrived = seeker.goTo(1);
  assert.equal(seeker.isBusy, true);
  seeks[0].resolve();
  await arrived;
  assert.equal(seeker.isBusy, false);
});

test("after a seek that failed it seeks again", async () => {
  const { seeker, seeks } = seekerUnderTest();
  const failed = seeker.goTo(1);
  seeks[0].reject(new Error("decoder"));
  await assert.rejects(failed, /decoder/);
  const arrived = seeker.goTo(1);
  seeks[1].resolve();
  await arrived;
});
