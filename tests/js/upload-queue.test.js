// The queue of uploads: what is refused, kept, uploaded, paused, cancelled and lost, and what each row then says.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { LoggedOutError } from "../../static/upscaler/js/http.js";
import { openStore } from "../../static/upscaler/js/intake/store.js";
import { UploadQueue } from "../../static/upscaler/js/intake/upload-queue.js";
import { statusText } from "../../static/upscaler/js/intake/upload-row.js";
import { closePages, newPerson, started, until } from "./browser.js";

const TERMS = { kind: "film", auto_upscale: true, others: ["txt", "jpg"], most: 1000, chunk: 100 };
let requests = [];
let status = 200;

beforeEach(() => {
  started.length = 0;
  requests = [];
  status = 200;
  globalThis.fetch = async (url, { method = "GET", headers }) => {
    requests.push({ url, method, headers });
    return new Response(JSON.stringify(TERMS), { status });
  };
});
afterEach(closePages);

async function open(user = newPerson()) {
  const queue = new UploadQueue({ user, terms: "/terms.json", endpoint: "/uploads/", tus: "", videos: "/videos/" });
  await queue.isReady;
  return queue;
}

function file(name, content = "0123456789") {
  return { file: new File([content], name, { lastModified: 1000 }), path: name };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const states = (queue) => queue.items.map((item) => queue.standing(item).state);
const first = (queue) => queue.standing(queue.items[0]);
const textOf = (queue, at = 0) => statusText(queue.items[at], queue.standing(queue.items[at]));
const becomes = (queue, ...expected) =>
  until(() => String(states(queue)) === String(expected), `${expected}, it is ${states(queue)}`);

test("a file is kept in the browser, uploaded, and becomes a video", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);
  assert.equal(queue.items[0].kept, true);
  assert.deepEqual(started[0].options.metadata, {
    filename: "a.avi",
    purpose: "video",
    kind: "film",
    starts_job: "1",
  });

  started[0].progress(5);
  assert.deepEqual([first(queue).state, first(queue).sent], ["sending", 5]);
  started[0].succeed("video-7");

  await becomes(queue, "done");
  assert.equal(queue.items[0].video, "video-7");
  assert.equal(await queue.store.file(queue.items[0].id), undefined, "the bytes are not needed any more");
});

test("the options of the upload page come before the preferences", async () => {
  const queue = await open();
  await queue.add([file("a.avi")], { kind: "game", startsJob: false });
  await until(() => started.length === 1);
  assert.equal(started[0].options.metadata.kind, "game");
  assert.equal(started[0].options.metadata.starts_job, "0");
});

test("two files are uploaded at once, and the next one when there is a place", async () => {
  const queue = await open();
  await queue.add([file("a.avi"), file("b.avi"), file("c.avi")]);
  await until(() => started.length === 2);
  await becomes(queue, "sending", "sending", "waiting");
  assert.equal(textOf(queue, 2), "Queued");

  started[0].succeed("video-1");

  await until(() => started.length === 3);
  assert.equal(started[2].file.size, 10);
});

test("an empty or too large file is refused in words", async () => {
  const queue = await open();
  await queue.add([file("empty.avi", ""), file("large.avi", "x".repeat(1001))]);
  assert.deepEqual(states(queue), ["wrong", "wrong"]);
  assert.equal(textOf(queue, 0), "The file is empty. Was the copy or the download cut off?");
  assert.equal(textOf(queue, 1), "The file is too large. The limit is 1000 bytes.");
  assert.equal(started.length, 0);
});

test("files that are not videos are skipped, and named", async () => {
  const queue = await open();
  await queue.add([file("readme.txt"), file("COVER.JPG")], {}, ["locked.avi"]);
  assert.deepEqual(states(queue), ["left"]);
  assert.equal(textOf(queue), "readme.txt, COVER.JPG: not video files. locked.avi: can't be read.");
});

test("a file that is in the queue is not added again", async () => {
  const queue = await open();
  await queue.add([file("a.avi"), file("a.avi")]);
  await queue.add([file("a.avi")]);
  assert.equal(queue.items.length, 1);
});

test("a file that has arrived can be added again", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);
  started[0].succeed("video-1");
  await becomes(queue, "done");
  await queue.add([file("a.avi")]);
  assert.equal(queue.items.length, 2);
});

test("a paused upload resumes where it was", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);
  const [{ id }] = queue.items;

  await queue.hold(id);
  await until(() => started[0].isAborted);
  assert.equal(started[0].isDeleted, false);
  assert.equal(textOf(queue), "Paused");
  await queue.resume(id);

  await until(() => started.length === 2);
  assert.equal(started[1].options.uploadUrl, started[0].url);
});

test("all can be paused and resumed together", async () => {
  const queue = await open();
  await queue.add([file("a.avi"), file("b.avi"), file("c.avi")]);
  await until(() => started.length === 2);
  await queue.holdAll();
  await becomes(queue, "held", "held", "held");
  await queue.resumeAll();
  await becomes(queue, "sending", "sending", "waiting");
});

test("a cancelled upload is deleted on the server too", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(async () => (await queue.store.all())[0].url);
  await queue.resumeAll(); // reads the store

  await queue.cancel(queue.items[0].id);

  assert.deepEqual(queue.items, []);
  const { url, method, headers } = requests.at(-1);
  assert.deepEqual([url, method, headers["X-CSRFToken"]], ["/uploads/0", "DELETE", "token"]);
});

test("the server's own sentence is shown, and the upload can be retried", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);

  started[0].fail(415, "This is not a video.");

  await becomes(queue, "wrong");
  assert.equal(textOf(queue), "This is not a video.");
  await queue.retry(queue.items[0].id);
  await until(() => started.length === 2);
});

test("an error page is not shown as a sentence", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);
  started[0].fail(400, "<html>Bad request</html>");
  await becomes(queue, "wrong");
  assert.equal(textOf(queue), "The server returned error 400. Try again.");
});

test("an upload that the server has deleted starts from the beginning", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);
  await turn();
  started[0].fail(410);

  await until(() => started.length === 2);
  assert.equal(started[1].options.uploadUrl, null);
  assert.equal(started[1].endpoint, "/uploads/");
});

test("while the server can't be reached, the upload waits and says so", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);
  started[0].fail(0);
  await becomes(queue, "stuck");
  assert.equal(textOf(queue), "The server can't be reached. The upload will resume automatically.");
  started[0].fail(401);
  assert.equal(textOf(queue), "You're logged out, or logged in as someone else. Log in as the same user to resume.");
});

test("a visitor who is logged out adds nothing", async () => {
  const queue = await open();
  status = 401;
  await assert.rejects(queue.add([file("a.avi")]), LoggedOutError);
  assert.deepEqual(queue.items, []);
  status = 200;
  await queue.add([file("a.avi")]);
  assert.equal(queue.items.length, 1, "the terms are asked for again");
});

test("a file for which there is no storage is uploaded by its page, which has to stay open", async () => {
  const queue = await open();
  queue.store.keep = async () => Promise.reject(new Error("quota"));
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1);
  assert.equal(queue.items[0].kept, false);
  assert.match(textOf(queue), /^Uploading\. Not enough browser storage; keep this page open$/);

  const leaving = new Event("beforeunload", { cancelable: true });
  globalThis.dispatchEvent(leaving);
  assert.equal(leaving.defaultPrevented, true);
});

test("a file for which the browser says that there is no storage is not tried to be kept", async () => {
  const storage = { estimate: async () => ({ quota: 20, usage: 10 }) };
  Object.defineProperty(navigator, "storage", { value: storage, configurable: true });
  try {
    const queue = await open();
    queue.store.keep = () => assert.fail("there is no storage for 10 bytes");
    await queue.add([file("a.avi")]);
    await until(() => started.length === 1);
    assert.equal(queue.items[0].kept, false);
  } finally {
    delete navigator.storage;
  }
});

test("a page whose files are kept may be left", async () => {
  const queue = await open();
  await queue.add([file("a.avi")]);
  await until(() => started.length === 1 && queue.items[0].kept);
  const leaving = new Event("beforeunload", { cancelable: true });
  globalThis.dispatchEvent(leaving);
  assert.equal(leaving.defaultPrevented, false);
});

test("a file that was not kept is lost with its page, and resumes when it is chosen again", async () => {
  const user = newPerson();
  const values = { kept: false, sent: 4, said: "", video: null, kind: "film", startsJob: true };
  const { file: chosen, path } = file("a.avi");
  const row = { id: "closed-1", order: 1, state: "waiting", name: "a.avi", path, size: 10, modified: 1000, ...values };
  await (await openStore(user)).add([{ ...row, url: "/uploads/9" }]);

  const queue = await open(user);
  await becomes(queue, "lost");
  assert.match(textOf(queue), /Choose the file again to resume\.$/);
  await queue.add([{ file: chosen, path }]);

  await until(() => started.length === 1);
  assert.equal(queue.items.length, 1);
  assert.equal(started[0].options.uploadUrl, "/uploads/9");
});

test("what has arrived is removed from the list with what was skipped", async () => {
  const queue = await open();
  await queue.add([file("a.avi"), file("b.avi"), file("readme.txt")]);
  await until(() => started.length === 2);
  started[0].succeed("video-1");
  await until(() => states(queue).includes("done"));
  await queue.clear();
  assert.deepEqual(
    queue.items.map(({ name }) => name),
    [started[1].options.metadata.filename],
  );
});

test("what has arrived is removed after an hour, or when its video is opened", async () => {
  const user = newPerson();
  const done = { state: "done", kept: true, said: "", size: 1, sent: 1 };
  await (await openStore(user)).add([
    { ...done, id: "old", order: 1, video: "video-1", endedAt: Date.now() - 3_700_000 },
    { ...done, id: "opened", order: 2, video: "video-2", endedAt: Date.now() },
    { ...done, id: "new", order: 3, video: "video-3", endedAt: Date.now() },
  ]);
  globalThis.location.pathname = "/videos/video-2/";
  const queue = await open(user);
  globalThis.location.pathname = "/";
  assert.deepEqual(
    queue.items.map(({ id }) => id),
    ["new"],
  );
});
