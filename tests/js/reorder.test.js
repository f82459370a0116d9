// The order of a list in which some rows keep their places.

import assert from "node:assert/strict";
import { test } from "node:test";
import { merged, moved } from "../../static/upscaler/js/reorder.js";

test("an item moves by one place", () => {
  assert.deepEqual(moved(["a", "b", "c"], "b", -1), ["b", "a", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], "b", 1), ["a", "c", "b"]);
});

test("at an end of the list it stays", () => {
  assert.deepEqual(moved(["a", "b", "c"], "a", -1), ["a", "b", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], "c", 1), ["a", "b", "c"]);
});

test("other people's rows keep their places", () => {
  assert.deepEqual(merged(["mine 1", "theirs", "mine 2"], ["mine 2", "mine 1"]), ["mine 2", "theirs", "mine 1"]);
});

test("a list of which every row can be moved takes the new order", () => {
  assert.deepEqual(merged([1, 2, 3], [3, 1, 2]), [3, 1, 2]);
});
