// The tabs of one person: one uploads what is kept, the others know of it, and the next goes on when it is closed.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { openStore } from "../../static/upscaler/js/intake/store.js";
import { TabCoordinator } from "../../static/upscaler/js/intake/tab-coordinator.js";
import { closePages, newPerson, started, until } from "./browser.js";

let tabs = [];
beforeEach(() => {
  started.length = 0;
});
afterEach(() => {
  for (const { coordinator, store } of tabs) {
    coordinator.close();
    store.close();
  }
  tabs = [];
  closePages();
});

const kept = (id) => ({ id, order: 1, state: "waiting", kept: true, url: null, sent: 0, size: 10, name: id });

/** A tab of a person, with the items of the store, and the files that only this tab has. */
async function tab(user, files = new Map()) {
  const store = await openStore(user);
  const made = { store, changes: 0, arrived: [], items: await store.all() };
  made.coordinator = new TabCoordinator({
    about: { user, endpoint: "/uploads/", tus: "" },
    store,
    files,
    terms: async () => ({ chunk: 100 }),
    items: () => made.items,
    onChange: () => {
      made.changes += 1;
    },
    onLive: () => {},
    onArrival: async (item, video) => {
      made.arrived.push([item.id, video]);
    },
  });
  made.coordinator.look(made.items);
  tabs.push(made);
  return made;
}

async function personWith(...ids) {
  const user = newPerson();
  const store = await openStore(user);
  await store.add(ids.map(kept));
  for (const id of ids) await store.keep(id, new Blob(["0123456789"]), {});
  store.close();
  return user;
}

test("one of two tabs uploads, and the other knows how far it is", async () => {
  const user = await personWith("a");
  const uploading = await tab(user);
  await until(() => started.length === 1);
  const watching = await tab(user);

  await until(() => {
    started[0].progress(6); // said to the others at most four times a second
    return watching.coordinator.live("a")?.sent === 6;
  });
  assert.equal(uploading.coordinator.live("a").sent, 6);
  assert.equal(started.length, 1);
});

test("when the tab that uploads is closed, the next goes on", async () => {
  const user = await personWith("a");
  const uploading = await tab(user);
  await until(() => started.length === 1);
  const next = await tab(user);

  uploading.coordinator.close();

  await until(() => started.length === 2);
  assert.equal(started[0].isAborted, true);
  assert.equal(started[0].isDeleted, false);
  assert.equal(next.coordinator.live("a").state, "sending");
});

test("a result reaches the tab that uploaded, and the others look again", async () => {
  const user = await personWith("a");
  const uploading = await tab(user);
  const watching = await tab(user);
  await until(() => started.length === 1);

  started[0].succeed("video-1");

  await until(() => uploading.arrived.length === 1);
  assert.deepEqual(uploading.arrived, [["a", "video-1"]]);
  uploading.coordinator.tellChange();
  await until(() => watching.changes > 0);
  assert.equal(uploading.coordinator.live("a"), undefined);
});

test("a file that only one tab has is uploaded by that tab, though another has the lock", async () => {
  const user = await personWith("a");
  await tab(user);
  await until(() => started.length === 1);
  const holder = await tab(user, new Map([["b", new Blob(["01234"])]]));

  holder.items = [...holder.items, { ...kept("b"), kept: false }];
  holder.coordinator.look(holder.items);

  await until(() => started.length === 2);
  assert.equal(started[1].file.size, 5);
});

test("a tab says which files it has, so that they are not taken for lost", async () => {
  const user = await personWith();
  await tab(user, new Map([["b", new Blob(["01234"])]]));
  const asking = await tab(user);
  await until(() => asking.coordinator.owned.has("b"));
});

test("an item that is paused or gone is not uploaded any more", async () => {
  const user = await personWith("a", "b");
  const { coordinator, items } = await tab(user);
  await until(() => started.length === 2);
  const byName = (name) => started.find((upload) => upload.options.metadata.filename === name);

  coordinator.look([{ ...items.find(({ id }) => id === "a"), state: "held" }]);

  await until(() => byName("a").isAborted && byName("b").isAborted);
  assert.equal(byName("a").isDeleted, false, "it is paused");
  assert.equal(byName("b").isDeleted, true, "it is gone");
});

test("a tab whose lock was stolen stops, and goes on when the thief is gone", async () => {
  const user = await personWith("a");
  await tab(user);
  await until(() => started.length === 1);

  let release = () => {};
  const stolen = new Promise((resolve) => {
    release = resolve;
  });
  const holding = navigator.locks.request(`haloweb-sending-${user}`, { steal: true }, () => stolen);
  await until(() => started[0].isAborted);
  assert.equal(started[0].isDeleted, false);
  assert.equal(started.length, 1);
  release();
  await holding;

  await until(() => started.length === 2);
});

test("from a tab that has been silent for ten seconds the lock is stolen", async () => {
  const user = await personWith("a");
  let release = () => {};
  const asleep = new Promise((resolve) => {
    release = resolve;
  });
  let isStolen = false;
  const holding = navigator.locks
    .request(`haloweb-sending-${user}`, () => asleep)
    .catch(() => {
      isStolen = true;
    });
  mock.timers.enable({ apis: ["setInterval"] });
  const now = performance.now.bind(performance);
  let later = 0;
  mock.method(performance, "now", () => now() + later);
  try {
    await tab(user);
    later = 9000;
    mock.timers.tick(1000);
    assert.equal(started.length, 0);
    later = 11_000;
    mock.timers.tick(1000);
    await until(() => isStolen && started.length === 1);
  } finally {
    mock.restoreAll();
    mock.timers.reset();
    release();
    await holding;
  }
});
