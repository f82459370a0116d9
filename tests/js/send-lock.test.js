// One tab at a time sends: by the browser's locks, or by a lease in the store where it has none.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { requestSendLock } from "../../static/upscaler/js/intake/send-lock.js";
import { openStore } from "../../static/upscaler/js/intake/store.js";
import { newPerson, until } from "./browser.js";

/** A tab that wants the lock, and writes down what happens to it. */
function tab(name, events, tabName, options = {}) {
  return requestSendLock({
    name,
    me: tabName,
    onAcquired: () => events.push(`${tabName} acquired`),
    onLost: () => events.push(`${tabName} lost`),
    ...options,
  });
}

test("the second tab has the lock when the first releases it", async () => {
  const [name, events] = [newPerson(), []];
  const first = tab(name, events, "first");
  await until(() => events.length === 1);
  const second = tab(name, events, "second");
  first.release();
  await until(() => events.length === 2);
  assert.deepEqual(events, ["first acquired", "second acquired"]);
  second.release();
});

test("a tab that gives up while it waits never has the lock", async () => {
  const [name, events] = [newPerson(), []];
  const first = tab(name, events, "first");
  await until(() => events.length === 1);
  const second = tab(name, events, "second");
  second.release();
  const third = tab(name, events, "third");
  first.release();
  await until(() => events.includes("third acquired"));
  assert.deepEqual(events, ["first acquired", "third acquired"]);
  third.release();
});

test("a lock that is stolen from a sleeping tab comes back when the thief is gone", async () => {
  const [name, events] = [newPerson(), []];
  const sleeping = tab(name, events, "sleeping");
  await until(() => events.length === 1);
  const awake = tab(name, events, "awake");
  awake.steal();
  await until(() => events.length === 3);
  assert.deepEqual(events.slice(1).sort(), ["awake acquired", "sleeping lost"]);
  awake.release();
  await until(() => events.length === 4);
  assert.equal(events[3], "sleeping acquired");
  sleeping.release();
});

test("stealing what it has already changes nothing", async () => {
  const [name, events] = [newPerson(), []];
  const only = tab(name, events, "only");
  await until(() => events.length === 1);
  only.steal();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(events, ["only acquired"]);
  only.release();
});

test("without locks, the lease passes on when it is released", async () => {
  const locks = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(navigator), "locks");
  Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  try {
    const [name, events] = [newPerson(), []];
    const store = await openStore(name);
    const first = tab(name, events, "first", { store });
    await until(() => events.length === 1);
    const second = tab(name, events, "second", { store });
    mock.timers.tick(2000);
    await until(async () => !(await store.acquireLease("third", Date.now(), 0)));
    assert.deepEqual(events, ["first acquired"]);
    first.release();
    await until(async () => {
      mock.timers.tick(2000);
      return events.length === 2;
    });
    assert.equal(events[1], "second acquired");
    second.release();
  } finally {
    mock.timers.reset();
    delete navigator.locks;
    assert.ok(locks && navigator.locks);
  }
});

test("without locks, a tab whose store fails loses the lock", async () => {
  Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    const events = [];
    let isBroken = false;
    const store = { acquireLease: async () => (isBroken ? Promise.reject(new Error("closed")) : true) };
    const lock = tab(newPerson(), events, "first", { store });
    await until(() => events.length === 1);
    isBroken = true;
    mock.timers.tick(2000);
    await until(() => events.length === 2);
    assert.deepEqual(events, ["first acquired", "first lost"]);
    lock.release();
  } finally {
    mock.timers.reset();
    delete navigator.locks;
  }
});
