// Uploads waiting files, some at once, in their order.

import { LoggedOutError } from "../http.js";
import { AWAY, NOT_YOU, startUpload } from "../tus-upload.js";

const MAX_RUNNING = 2;
const SPEED_SECONDS = 4;
const SAVE_SECONDS = 2;
const GONE = [404, 410];

const AWAY_MS = 5000; // between two attempts to reach the server

/** Load tus-js-client, once something is uploaded. As a script: a module that failed to load is not requested again. */
function loaded(address) {
  if (window.tus) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src: address, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

/**
 * @typedef {object} Running
 * @property {{ state: string, sent: number, speed: number, said: string }} live
 * @property {{ now: number, sent: number }[]} marks of the last seconds, for the speed
 * @property {number} saved when the progress was written to the store
 * @property {TusUpload | null} upload
 * @property {boolean} isEnded
 */

export class Sender {
  /** @type {Map<string, Running>} */
  #running = new Map();
  #isStopped = false;

  /**
   * @param {object} options
   * @param {any} options.store
   * @param {() => Promise<any>} options.terms
   * @param {string} options.endpoint
   * @param {string} options.tus URL of the library
   * @param {Record<string, string>} options.headers
   * @param {(item: any) => Promise<Blob | undefined>} options.fileOf the bytes of an item
   * @param {(item: any) => boolean} options.isMine whether this sender uploads an item
   * @param {boolean} options.needsLock
   * @param {() => void} options.onChange there is something else to show
   * @param {(item: any, id: string) => Promise<void>} options.onDone
   */
  constructor(options) {
    this.options = options;
  }

  /** The progress of running uploads, by id. */
  get live() {
    return Object.fromEntries([...this.#running].map(([id, { live }]) => [id, live]));
  }

  /** Start uploads that are waiting, and end those that are not waiting any more. */
  look(items) {
    if (this.#isStopped) return;
    const waiting = new Map(items.filter((item) => item.state === "waiting").map((item) => [item.id, item]));
    for (const [id, running] of this.#running) {
      if (!waiting.has(id)) this.#end(id, running, !items.some((item) => item.id === id));
    }
    for (const item of waiting.values()) {
      if (this.#running.size >= MAX_RUNNING) break;
      if (!this.#running.has(item.id)) this.#begin(item);
    }
  }

  /** Stop permanently: another page continues. */
  stop() {
    this.#isStopped = true;
    for (const [id, running] of this.#running) this.#end(id, running, false);
  }

  #end(id, running, isForgotten) {
    running.isEnded = true;
    this.#running.delete(id);
    running.upload?.abort(isForgotten).catch(() => {});
  }

  async #begin(item) {
    const { store, terms, endpoint, tus, headers, fileOf, onChange, onDone } = this.options;
    /** @type {Running} */
    const running = {
      live: { state: "sending", sent: item.sent, speed: 0, said: "" },
      marks: [],
      saved: performance.now(),
      upload: null,
      isEnded: false,
    };
    this.#running.set(item.id, running);
    const isOver = () => running.isEnded;
    const settle = async (values) => {
      if (isOver()) return;
      this.#running.delete(item.id);
      await store.change([item.id], values, ({ state }) => state === "waiting");
      onChange();
    };
    onChange();
    const file = await fileOf(item).catch(() => undefined);
    if (!file) return settle({ state: "lost" });
    /** @type {any} */
    let known = null;
    while (!known && !isOver()) {
      let said = AWAY;
      known = await Promise.all([terms(), loaded(tus)]).then(
        ([found]) => found,
        (error) => {
          if (error instanceof LoggedOutError) said = NOT_YOU;
        },
      );
      if (known || isOver()) continue;
      running.live = { ...running.live, state: "stuck", said };
      onChange();
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    }
    if (isOver()) return undefined;
    const upload = await startUpload(file, {
      endpoint,
      chunk: known.chunk,
      url: item.url,
      headers,
      metadata: metadataOf(item),
      onUrl: async (url) => {
        const [kept] = await store.change([item.id], { url });
        if (!kept) running.upload?.abort(true).catch(() => {}); // cancelled in the meantime
      },
      onProgress: (sent) => {
        if (isOver()) return;
        running.live = { state: "sending", sent, speed: speedOf(running.marks, sent), said: "" };
        if (performance.now() - running.saved > SAVE_SECONDS * 1000) {
          running.saved = performance.now();
          store.change([item.id], { sent }).catch(() => {});
        }
        onChange();
      },
      onWaiting: (said) => {
        if (isOver()) return;
        running.live = { ...running.live, state: "stuck", speed: 0, said };
        onChange();
      },
      onDone: async (id) => {
        if (isOver()) return;
        running.isEnded = true;
        await onDone(item, id);
        this.#running.delete(item.id);
        onChange();
      },
      // the server deletes abandoned uploads: then it starts from the beginning
      onError: (said, status) =>
        settle(running.upload?.url && GONE.includes(status) ? { url: null, sent: 0 } : { state: "wrong", said }),
    }).catch((error) => settle({ state: "wrong", said: String(error.message ?? error) }));
    running.upload = upload ?? null;
    if (isOver()) upload?.abort().catch(() => {});
    return undefined;
  }
}

function metadataOf({ name, kind, startsJob, dataset }) {
  if (dataset) return { filename: name, purpose: "capture", dataset };
  return { filename: name, purpose: "video", kind, starts_job: startsJob ? "1" : "0" };
}

/** Bytes per second over the last seconds; 0 until it can be measured. */
function speedOf(marks, sent) {
  const now = performance.now() / 1000;
  if (marks.length && sent < marks[marks.length - 1].sent) marks.length = 0; // a chunk is sent again
  marks.push({ now, sent });
  while (marks.length > 2 && now - marks[0].now > SPEED_SECONDS) marks.shift();
  const seconds = now - marks[0].now;
  return seconds > 0.3 ? (sent - marks[0].sent) / seconds : 0;
}
