// A place in a comparison, in the page's URL.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, placeIn } from "../../static/upscaler/js/compare/deep-link.js";

const PAGE = "https://haloweb.test/jobs/7/compare/";

test("a place comes back from the link that was made of it", () => {
  const place = { seconds: 12.4, split: 0.4, mode: "side" };
  assert.deepEqual(placeIn(addressOf(PAGE, place)), place);
});

test("a link without a place says nothing", () => {
  assert.deepEqual(placeIn(PAGE), { seconds: null, split: null, mode: null });
});

test("what is out of range is brought into it", () => {
  assert.deepEqual(placeIn(`${PAGE}?t=-3&x=7`), { seconds: 0, split: 1, mode: null });
  assert.equal(placeIn(`${PAGE}?x=-1`).split, 0);
});

test("what makes no sense is ignored", () => {
  assert.deepEqual(placeIn(`${PAGE}?t=soon&x=Infinity&m=upside-down`), { seconds: null, split: null, mode: null });
});

test("wipe is the usual mode, and is not in the link", () => {
  assert.equal(addressOf(`${PAGE}?m=flip`, { seconds: 1, split: 0.5, mode: "wipe" }), `${PAGE}?t=1&x=0.50`);
});

test("other parameters of the URL stay", () => {
  const address = addressOf(`${PAGE}?against=9#post`, { seconds: 1.23456, split: 0.5, mode: "wipe" });
  assert.equal(address, `${PAGE}?against=9&t=1.235&x=0.50#post`);
});
