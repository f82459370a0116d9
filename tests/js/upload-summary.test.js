// One line for all uploads, and what is announced when one of them changes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { announcement, shareSent, summary } from "../../static/upscaler/js/intake/upload-summary.js";

const item = (state, values = {}) => ({ name: "a.avi", size: 100, sent: 0, speed: 0, said: "", state, ...values });
const summaryOf = (...items) => summary(items, ({ live, ...rest }) => ({ ...rest, ...live }));

test("while files are uploaded, it says which one, and how long the rest takes", () => {
  const sending = item("waiting", { live: { state: "sending", sent: 50, speed: 5 } });
  assert.equal(summaryOf(item("done", { sent: 100 }), sending, item("waiting")), "Uploading 2 of 3, 0:30 left");
});

test("without a speed there is no time", () => {
  assert.equal(summaryOf(item("storing"), item("waiting")), "Uploading 1 of 2");
});

test("when nothing can be uploaded, it says why", () => {
  const stuck = item("waiting", { live: { state: "stuck", said: "The server can't be reached." } });
  assert.equal(summaryOf(stuck, item("waiting")), "The server can't be reached.");
});

test("one that is stuck is not the whole story while another one is uploaded", () => {
  const stuck = item("waiting", { live: { state: "stuck", said: "Full." } });
  assert.equal(summaryOf(stuck, item("waiting", { live: { state: "sending" } })), "Uploading 1 of 2");
});

test("in the end it counts what failed, what is paused and what is uploaded", () => {
  const items = [item("wrong"), item("lost"), item("held"), item("done"), item("done")];
  assert.equal(summaryOf(...items), "2 failed, 1 paused, 2 uploaded");
});

test("where nothing but other files came, they are skipped", () => {
  assert.equal(summaryOf(item("left", { names: ["a.txt"], unread: [] })), "Skipped");
});

test("the bar shows the share of all bytes, without files that can't be uploaded", () => {
  const items = [item("done", { sent: 100 }), item("held", { sent: 50 }), item("wrong"), item("left")];
  assert.equal(
    shareSent(items, (row) => row),
    0.75,
  );
  assert.equal(
    shareSent([], (row) => row),
    0,
  );
});

test("the end of an upload is announced, and not each percent", () => {
  assert.equal(announcement(item("done"), { state: "done" }), "a.avi uploaded.");
  assert.equal(announcement(item("wrong"), { state: "wrong", said: "Empty." }), "a.avi: Empty.");
  assert.equal(announcement(item("held"), { state: "held" }), "a.avi is paused.");
  assert.equal(announcement(item("waiting"), { state: "sending" }), "");
  const skipped = item("left", { names: ["a.txt"], unread: [] });
  assert.equal(announcement(skipped, { state: "left" }), "Skipped 1 file.");
});
