// The store keeps rows and bytes for one person, and changes only what is still there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../static/upscaler/js/intake/store.js";
import { newPerson } from "./browser.js";

const item = (id, order, values = {}) => ({ id, order, state: "storing", kept: false, ...values });
const ids = async (store) => (await store.all()).map((row) => row.id);

test("items come back in the order of the queue", async () => {
  const store = await openStore(newPerson());
  await store.add([item("b", 2), item("a", 1)]);
  assert.deepEqual(await ids(store), ["a", "b"]);
});

test("a store that is opened again has everything", async () => {
  const person = newPerson();
  const store = await openStore(person);
  await store.add([item("a", 1)]);
  await store.keep("a", new Blob(["bytes"]), { state: "waiting", kept: true });
  store.close();

  const again = await openStore(person);
  assert.deepEqual(await again.all(), [item("a", 1, { state: "waiting", kept: true })]);
  assert.equal(await (await again.file("a")).text(), "bytes");
});

test("one person's uploads are not another's", async () => {
  const store = await openStore(newPerson());
  await store.add([item("a", 1)]);
  assert.deepEqual(await ids(await openStore(newPerson())), []);
});

test("an item that is gone is not changed, nor one that the condition refuses", async () => {
  const store = await openStore(newPerson());
  await store.add([item("a", 1), item("b", 2, { state: "held" })]);
  const changed = await store.change(["a", "b", "gone"], { state: "waiting" }, ({ state }) => state !== "held");
  assert.deepEqual(
    changed.map(({ id }) => id),
    ["a"],
  );
  assert.deepEqual(
    (await store.all()).map(({ state }) => state),
    ["waiting", "held"],
  );
});

test("bytes of an item that was removed meanwhile are not kept", async () => {
  const store = await openStore(newPerson());
  await store.keep("gone", new Blob(["bytes"]), { kept: true });
  assert.equal(await store.file("gone"), undefined);
});

test("the bytes can be dropped while the row stays", async () => {
  const store = await openStore(newPerson());
  await store.add([item("a", 1)]);
  await store.keep("a", new Blob(["bytes"]), { kept: true });
  await store.drop(["a"], { row: false });
  assert.equal(await store.file("a"), undefined);
  assert.deepEqual(await ids(store), ["a"]);
  await store.drop(["a"]);
  assert.deepEqual(await ids(store), []);
});

test("a lease is held by one page until it runs out", async () => {
  const store = await openStore(newPerson());
  assert.equal(await store.acquireLease("one", 1000, 8000), true);
  assert.equal(await store.acquireLease("other", 2000, 9000), false);
  assert.equal(await store.acquireLease("one", 3000, 10_000), true, "its holder renews it");
  assert.equal(await store.acquireLease("other", 10_001, 17_000), true, "it ran out");
});

test("where the browser keeps nothing, the store forgets with the page", async () => {
  const { indexedDB } = globalThis;
  try {
    globalThis.indexedDB = undefined;
    const store = await openStore(newPerson());
    assert.equal(store.keeps, false);
    await store.add([item("b", 2), item("a", 1)]);
    await assert.rejects(store.keep("a", new Blob([]), {}));
    await store.change(["a"], { state: "waiting" });
    assert.deepEqual(await ids(store), ["a", "b"]);
    await store.drop(["a"], { row: false });
    assert.deepEqual(await ids(store), ["a", "b"]);
    await store.drop(["a"]);
    assert.deepEqual(await ids(store), ["b"]);
  } finally {
    globalThis.indexedDB = indexedDB;
  }
});
