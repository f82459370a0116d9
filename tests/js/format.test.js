// Figures and times as people write them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, clock, date, dateAndTime, frameRate, plural, timecode } from "../../static/upscaler/js/format.js";

test("a duration has hours only where there are some", () => {
  assert.equal(clock(0), "0:00");
  assert.equal(clock(93.4), "1:33");
  assert.equal(clock(3600), "1:00:00");
  assert.equal(clock(36_061), "10:01:01");
});

test("a duration is never negative", () => {
  assert.equal(clock(-3), "0:00");
});

test("bytes are in the unit that fits", () => {
  assert.equal(bytes(0), "0 bytes");
  assert.equal(bytes(1023), "1023 bytes");
  assert.equal(bytes(1024), "1.0 KB");
  assert.equal(bytes(150 * 1024 ** 2), "150 MB");
  assert.equal(bytes(2.5 * 1024 ** 3), "2.5 GB");
  assert.equal(bytes(5000 * 1024 ** 4), "5000 TB");
});

test("a slow frame rate has two decimals, a fast one has one", () => {
  assert.equal(frameRate(0.254), "0.25 frames/s");
  assert.equal(frameRate(29.97), "30.0 frames/s");
});

test("a noun has an s unless there is one of it", () => {
  assert.equal(plural(1, "file"), "1 file");
  assert.equal(plural(0, "file"), "0 files");
  assert.equal(plural(1200, "file"), "1,200 files");
});

test("a timecode is minutes, seconds, and the frame within its second", () => {
  assert.equal(timecode(95, [30, 1]), "0:03.05");
  assert.equal(timecode(1800, [30, 1]), "1:00.00");
});

test("at a fractional rate every second counts its frames from 0", () => {
  const rate = [30000, 1001];
  const codes = Array.from({ length: 65 }, (_, frame) => timecode(frame, rate));
  assert.equal(codes[29], "0:00.29");
  assert.equal(codes[30], "0:01.00");
  assert.equal(new Set(codes).size, codes.length);
});

test("a moment is shown as the day, with its zone where the time is shown", () => {
  assert.match(date("2026-12-05T12:00:00Z"), /^5 December 2026$/);
  assert.match(dateAndTime("2026-12-05T12:00:00Z"), /^5 December 2026, \d\d:00 \S+$/);
});
