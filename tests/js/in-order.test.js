import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder } from "../../static/upscaler/js/in-order.js";

const later = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a call begins when the one before it has finished", async () => {
  const seen = [];
  const handle = inOrder(async (name) => {
    seen.push(`${name} begins`);
    await later();
    seen.push(`${name} ends`);
  });
  handle("first");
  await handle("second");
  assert.deepEqual(seen, ["first begins", "first ends", "second begins", "second ends"]);
});

test("a call that fails is told, and does not stop the next", async () => {
  const handle = inOrder(async (value) => {
    if (value === "bad") throw new Error("no");
    return value;
  });
  const failed = assert.rejects(handle("bad"), /no/);
  assert.equal(await handle("good"), "good");
  await failed;
});
