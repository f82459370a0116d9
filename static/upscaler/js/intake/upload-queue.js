// The uploads of the person who is logged in, as this page knows them, and what can be done with them.

import { bytes } from "../format.js";
import { getJson } from "../http.js";
import { deleteUpload } from "../tus-upload.js";
import { extensionOf } from "./file-extension.js";
import { openStore } from "./store.js";
import { me, TabCoordinator } from "./tab-coordinator.js";

const ANSWER_MS = 1500; // within which a page that has a file says so
const SOON_MS = 100;
const MAX_TRIES = 20;
const ESTIMATE_MS = 2000;
const USABLE_SHARE = 0.9; // of the storage that the browser estimates to be free
const SHOWN_MS = 3_600_000; // then an upload that has arrived leaves the list
const NEEDS_PAGE = ["storing", "waiting", "held"]; // in which one that is not kept needs its page
const LOST = "The page was closed before this file was saved. Choose the file again to resume.";
const ARCHIVES = ["zip", "tar", "gz", "tgz", "xz", "txz", "bz2", "tbz2"]; // of pictures, which captures may be
const EMPTY = "The file is empty. Was the copy or the download cut off?";

/**
 * A row of the store.
 * @typedef {object} Item
 * @property {string} id
 * @property {number} order
 * @property {string} state "storing", "waiting", "held", "done", "wrong", "lost"; "left" for names of skipped files
 * @property {boolean} kept whether the store has its bytes
 * @property {string | null} url of the upload on the server
 * @property {number} sent bytes
 * @property {string} said why it is wrong
 * @property {string | null} video id of what became of it
 * @property {string} name
 * @property {string} path
 * @property {number} size bytes
 * @property {number} modified
 * @property {string} kind
 * @property {boolean} startsJob
 * @property {string} [dataset] id of the dataset that it is a capture of; empty for a video
 * @property {string} batch files that were added together
 * @property {number} [endedAt]
 * @property {string[]} names of skipped files
 * @property {string[]} unread names of files that can't be read
 */
/**
 * How an upload stands: the row, and what is known of its progress.
 * @typedef {object} Standing
 * @property {string} state
 * @property {number} sent
 * @property {number} speed bytes per second
 * @property {string} said
 * @property {boolean} [isHere] whether this page has the file
 * @property {boolean} [isElsewhere] whether only another page has it
 */

export class UploadQueue extends EventTarget {
  /** @type {Map<string, File>} what only this page has */
  #files = new Map();
  /** @type {Awaited<ReturnType<typeof openStore>>} */
  store;
  /** @type {TabCoordinator} */
  tabs;
  /** @type {Item[]} */
  items = [];
  /** @type {Promise<any> | null} */
  asked = null;
  /** @type {ReturnType<typeof setTimeout> | null} */
  soon = null;
  #made = 0;
  #space = 0;
  #estimatedAt = -Infinity;

  /** @param {any} about user, terms, endpoint, tus, videos and captures, from the page */
  constructor(about) {
    super();
    this.about = about;
    this.isReady = this.#open();
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.isReady = this.#open();
    });
    addEventListener("beforeunload", (event) => {
      if (this.items.some((item) => this.#files.has(item.id) && NEEDS_PAGE.includes(item.state)))
        event.preventDefault();
    });
  }

  /**
   * @param {Item} item
   * @returns {Standing}
   */
  standing(item) {
    const live = item.state === "waiting" ? this.tabs?.live(item.id) : null;
    const isHere = this.#files.has(item.id);
    return {
      state: live?.state ?? item.state,
      sent: item.state === "done" ? item.size : Math.max(live?.sent ?? 0, item.sent),
      speed: live?.speed ?? 0,
      said: live?.said || item.said || (item.state === "lost" ? LOST : ""),
      isHere,
      isElsewhere: !item.kept && !isHere && NEEDS_PAGE.includes(item.state),
    };
  }

  /**
   * Add files to the queue. A file that is in it already is not added again; one that was lost resumes.
   *
   * @param {{ file: File, path: string }[]} files
   * @param {{ kind?: string, startsJob?: boolean, dataset?: string }} choice what the page says; else what the person
   *   prefers. With a dataset, the files are captures of it.
   * @param {string[]} unread names of what could not be read
   */
  async add(files, choice = {}, unread = []) {
    await this.isReady;
    const terms = await this.terms();
    const usual = {
      kind: choice.kind ?? terms.kind,
      startsJob: choice.startsJob ?? terms.auto_upscale,
      batch: `${Date.now()}-${me}`,
      dataset: choice.dataset ?? "",
    };
    const accepted = choice.dataset ? ARCHIVES : [];
    const isOther = ({ file }) =>
      terms.others.includes(extensionOf(file.name)) && !accepted.includes(extensionOf(file.name));
    const added = [];
    const taken = [];
    for (const { file, path } of files.filter((candidate) => !isOther(candidate))) {
      const wrong = wrongWith(file, terms.most);
      const again = [...this.items, ...added].find(
        (item) =>
          isSame(item, file) && (item.dataset ?? "") === usual.dataset && [...NEEDS_PAGE, "lost"].includes(item.state),
      );
      if (again && (again.state !== "lost" || wrong)) continue;
      const item =
        again ?? this.#item({ name: file.name, path, size: file.size, modified: file.lastModified, ...usual });
      Object.assign(item, wrong ? { state: "wrong", said: wrong } : { state: "storing", kept: false, said: "" });
      if (!wrong) {
        this.#files.set(item.id, file);
        taken.push(item.id);
      }
      added.push(item);
    }
    const names = files.filter(isOther).map(({ path }) => path);
    if (names.length || unread.length) added.push(this.#item({ state: "left", names, unread, ...usual }));
    await this.store.add(added);
    await this.#changed();
    for (const id of taken) await this.#keep(id);
  }

  hold = (id) => this.#set([id], "held", ["waiting"]);
  resume = (id) => this.#set([id], "waiting", ["held"]);
  retry = (id) => this.#set([id], "waiting", ["wrong"]);
  holdAll = () =>
    this.#set(
      this.items.map((item) => item.id),
      "held",
      ["waiting"],
    );
  resumeAll = () =>
    this.#set(
      this.items.map((item) => item.id),
      "waiting",
      ["held"],
    );

  /** Remove an upload, here and on the server; one that has arrived stays there. */
  async cancel(id) {
    const item = this.items.find((one) => one.id === id);
    await this.store.drop([id]);
    this.#files.delete(id);
    await this.#changed();
    if (item?.url && item.state !== "done") await deleteUpload(item.url, this.tabs.headers);
  }

  /** Remove what has arrived and what was skipped from the list. */
  async clear() {
    await this.store.drop(this.items.filter((item) => ["done", "left"].includes(item.state)).map((item) => item.id));
    await this.#changed();
  }

  /** Return the URL of the page of what an upload became. */
  urlOf({ dataset, video }) {
    return `${dataset ? this.about.captures : this.about.videos}${video}/`;
  }

  /** Return the limits of this server and the preferences of this person. Throws as getJson does. */
  async terms() {
    this.asked ??= getJson(this.about.terms);
    return this.asked.catch((error) => {
      this.asked = null;
      throw error;
    });
  }

  async #open() {
    this.store = await openStore(this.about.user);
    this.items = await this.#withoutOld(await this.store.all());
    this.tabs = new TabCoordinator({
      about: this.about,
      store: this.store,
      files: this.#files,
      terms: () => this.terms(),
      items: () => this.items,
      onChange: () => this.#read().catch(() => {}), // it is closed with the page
      onLive: () => this.#show(),
      onArrival: (item, video) => this.#arrived(item, video),
    });
    setTimeout(() => this.#markLost().catch(() => {}), ANSWER_MS);
    this.tabs.look(this.items);
    this.#show();
  }

  #close() {
    this.tabs?.close();
    this.store?.close();
  }

  #item(values) {
    this.#made += 1;
    const order = Date.now() * 1000 + (this.#made % 1000);
    const begun = {
      state: "storing",
      kept: false,
      url: null,
      sent: 0,
      said: "",
      video: null,
      name: "",
      path: "",
      size: 0,
    };
    return { id: `${me}-${this.#made}`, order, ...begun, ...values };
  }

  /** Copy a file into the store; without space for it, it stays with its page. */
  async #keep(id) {
    const file = this.#files.get(id);
    if (!file) return; // cancelled
    try {
      if (!this.store.keeps || !(await this.#hasSpace(file.size))) throw new Error("no space");
      const kept = { state: "waiting", kept: true };
      await this.store.keep(id, file, kept);
      Object.assign(this.items.find((item) => item.id === id) ?? {}, kept);
      this.#files.delete(id);
    } catch {
      const isReadable = await file
        .slice(0, 1)
        .arrayBuffer()
        .then(
          () => true,
          () => false,
        );
      if (!isReadable) this.#files.delete(id);
      const values = isReadable ? { state: "waiting" } : { state: "wrong", said: "This file can no longer be read." };
      await retry(() => this.store.change([id], values, ({ state }) => state === "storing"));
    }
    this.#changedSoon();
  }

  /** Whether the store has space, by an estimate that is renewed every two seconds; true where there is none. */
  async #hasSpace(size) {
    if (!navigator.storage?.estimate) return true;
    if (performance.now() - this.#estimatedAt > ESTIMATE_MS) {
      const { quota = 0, usage = 0 } = await navigator.storage.estimate();
      this.#space = (quota - usage) * USABLE_SHARE;
      this.#estimatedAt = performance.now();
    }
    if (size >= this.#space) return false;
    this.#space -= size;
    return true;
  }

  async #arrived(item, video) {
    await this.store.change([item.id], { state: "done", video, sent: item.size, said: "", endedAt: Date.now() });
    await this.store.drop([item.id], { row: false });
    this.#files.delete(item.id);
    await this.#changed();
  }

  async #set(ids, state, from) {
    await this.store.change(ids, { state, said: "" }, (item) => from.includes(item.state));
    await this.#changed();
  }

  /** One update for many files that are kept one after the other. */
  #changedSoon() {
    this.soon ??= setTimeout(() => {
      this.soon = null;
      this.#changed().catch(() => {});
    }, SOON_MS);
  }

  async #changed() {
    this.tabs.tellChange();
    await this.#read();
  }

  async #read() {
    this.items = await this.store.all();
    this.tabs.look(this.items);
    this.#show();
  }

  /** Remove what arrived a while ago, or whose video's page is open. */
  async #withoutOld(items) {
    const isOpened = (item) => location.pathname.startsWith(this.urlOf(item));
    const isOld = (item) => item.state === "done" && (item.endedAt < Date.now() - SHOWN_MS || isOpened(item));
    await this.store.drop(items.filter(isOld).map((item) => item.id));
    return items.filter((item) => !isOld(item));
  }

  /** Mark files as lost that were not kept and that no page has any more. */
  async #markLost() {
    const isGone = (item) => this.standing(item).isElsewhere && !this.tabs.owned.has(item.id);
    const gone = this.items.filter(isGone).map((item) => item.id);
    await this.store.change(gone, { state: "lost" }, ({ kept }) => !kept);
    if (gone.length) await this.#changed();
  }

  #show() {
    this.dispatchEvent(new Event("change"));
  }
}

function wrongWith(file, most) {
  if (file.size === 0) return EMPTY;
  return file.size > most ? `The file is too large. The limit is ${bytes(most)}.` : "";
}

const isSame = (item, file) =>
  item.name === file.name && item.size === file.size && item.modified === file.lastModified;

/** Try again for a while: a file that did not fit takes space for a moment, and then not even a row can be written. */
async function retry(work) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
