// The uploads of the person who is logged in, as this page knows them, and what can be done with them.

import { askJson } from "../asking.js";
import { forget } from "../sending.js";
import { bytes } from "../words.js";
import { Crew, me } from "./crew.js";
import { endingOf } from "./endings.js";
import { openStore } from "./store.js";

const ANSWER_MS = 1500; // so long a page that has a file may take to say so
const SOON_MS = 100;
const MOST_TRIES = 20;
const ROOM_MS = 2000;
const ROOM_SHARE = 0.9; // of what the browser says is free
const SHOWN_MS = 3_600_000; // so long one that has arrived stays in the list by itself
const BOUND = ["storing", "waiting", "held"]; // in which one that is not kept needs its page
const LOST = "The page was closed before this file was kept. Choose it again, and it goes on where it was.";
const EMPTY = "The file is empty. Was the copy or the download cut off?";

export class Uploads extends EventTarget {
  #files = new Map(); // what this page holds itself
  #made = 0;
  #room = 0;
  #roomAsked = -Infinity;

  /** @param {DOMStringMap} about user, terms, endpoint and tus, from the page */
  constructor(about) {
    super();
    this.about = about;
    this.items = [];
    this.isReady = this.#open();
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.isReady = this.#open();
    });
    addEventListener("beforeunload", (event) => {
      if (this.items.some((item) => this.#files.has(item.id) && BOUND.includes(item.state))) event.preventDefault();
    });
  }

  /** How a file stands: the row, and what is known of its sending. */
  standing(item) {
    const live = item.state === "waiting" ? this.crew?.live(item.id) : null;
    const isHere = this.#files.has(item.id);
    return {
      state: live?.state ?? item.state,
      sent: item.state === "done" ? item.size : Math.max(live?.sent ?? 0, item.sent),
      speed: live?.speed ?? 0,
      said: live?.said || item.said || (item.state === "lost" ? LOST : ""),
      isHere,
      isElsewhere: !item.kept && !isHere && BOUND.includes(item.state),
    };
  }

  /**
   * Take files into the queue. One that is in it already is not taken twice; one that was lost goes on.
   *
   * @param {{ file: File, path: string }[]} found
   * @param {{ kind?: string, startsJob?: boolean }} choice what the page says; else what the person prefers
   * @param {string[]} unread names of what could not be read
   */
  async add(found, choice = {}, unread = []) {
    await this.isReady;
    const terms = await this.terms();
    const usual = {
      kind: choice.kind ?? terms.kind,
      startsJob: choice.startsJob ?? terms.auto_upscale,
      batch: `${Date.now()}-${me}`,
    };
    const isOther = ({ file }) => terms.others.includes(endingOf(file.name));
    const added = [];
    const taken = [];
    for (const { file, path } of found.filter((one) => !isOther(one))) {
      const wrong = wrongWith(file, terms.most);
      const again = [...this.items, ...added].find((item) => isSame(item, file) && [...BOUND, "lost"].includes(item.state));
      if (again && (again.state !== "lost" || wrong)) continue;
      const item = again ?? this.#item({ name: file.name, path, size: file.size, modified: file.lastModified, ...usual });
      Object.assign(item, wrong ? { state: "wrong", said: wrong } : { state: "storing", kept: false, said: "" });
      if (!wrong) {
        this.#files.set(item.id, file);
        taken.push(item.id);
      }
      added.push(item);
    }
    const names = found.filter(isOther).map(({ path }) => path);
    if (names.length || unread.length) added.push(this.#item({ state: "left", names, unread, ...usual }));
    await this.store.add(added);
    await this.#changed();
    for (const id of taken) await this.#keep(id);
  }

  hold = (id) => this.#set([id], "held", ["waiting"]);
  resume = (id) => this.#set([id], "waiting", ["held"]);
  retry = (id) => this.#set([id], "waiting", ["wrong"]);
  holdAll = () => this.#set(this.items.map((item) => item.id), "held", ["waiting"]);
  resumeAll = () => this.#set(this.items.map((item) => item.id), "waiting", ["held"]);

  /** Forget it, here and on the server; one that has arrived stays there. */
  async cancel(id) {
    const item = this.items.find((one) => one.id === id);
    await this.store.drop([id]);
    this.#files.delete(id);
    await this.#changed();
    if (item?.url && item.state !== "done") await forget(item.url, this.crew.headers);
  }

  /** What has arrived and what was left out goes from the list. */
  async clear() {
    await this.store.drop(this.items.filter((item) => ["done", "left"].includes(item.state)).map((item) => item.id));
    await this.#changed();
  }

  /** What holds for uploads on this server, and for this person. Throws as askJson does. */
  async terms() {
    this.asked ??= askJson(this.about.terms);
    return this.asked.catch((error) => {
      this.asked = null;
      throw error;
    });
  }

  async #open() {
    this.store = await openStore(this.about.user);
    this.items = await this.#withoutOld(await this.store.all());
    this.crew = new Crew({
      about: this.about,
      store: this.store,
      files: this.#files,
      terms: () => this.terms(),
      items: () => this.items,
      onChange: () => this.#read().catch(() => {}), // it is closed with the page
      onLive: () => this.#show(),
      onArrival: (item, video) => this.#arrived(item, video),
    });
    setTimeout(() => this.#giveUpLost().catch(() => {}), ANSWER_MS);
    this.crew.look(this.items);
    this.#show();
  }

  #close() {
    this.crew?.close();
    this.store?.close();
  }

  #item(values) {
    this.#made += 1;
    const order = Date.now() * 1000 + (this.#made % 1000);
    const begun = { state: "storing", kept: false, url: null, sent: 0, said: "", video: null, name: "", path: "", size: 0 };
    return { id: `${me}-${this.#made}`, order, ...begun, ...values };
  }

  /** Into the browser's own storage; where that has no room, it stays with the page. */
  async #keep(id) {
    const file = this.#files.get(id);
    if (!file) return; // cancelled
    try {
      if (!this.store.keeps || !(await this.#hasRoom(file.size))) throw new Error("no room");
      const kept = { state: "waiting", kept: true };
      await this.store.keep(id, file, kept);
      Object.assign(this.items.find((item) => item.id === id) ?? {}, kept);
      this.#files.delete(id);
    } catch {
      const isReadable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
      if (!isReadable) this.#files.delete(id);
      const values = isReadable ? { state: "waiting" } : { state: "wrong", said: "This file can't be read any more." };
      await insist(() => this.store.change([id], values, ({ state }) => state === "storing"));
    }
    this.#changedSoon();
  }

  /** By what the browser says, which is asked again every two seconds; where it says nothing, it is tried. */
  async #hasRoom(size) {
    if (!navigator.storage?.estimate) return true;
    if (performance.now() - this.#roomAsked > ROOM_MS) {
      const { quota, usage } = await navigator.storage.estimate();
      this.#room = (quota - usage) * ROOM_SHARE;
      this.#roomAsked = performance.now();
    }
    if (size >= this.#room) return false;
    this.#room -= size;
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

  /** Of hundreds of files, each is kept in a moment of its own. */
  #changedSoon() {
    this.soon ??= setTimeout(() => {
      this.soon = null;
      this.#changed().catch(() => {});
    }, SOON_MS);
  }

  async #changed() {
    this.crew.tellChange();
    await this.#read();
  }

  async #read() {
    this.items = await this.store.all();
    this.crew.look(this.items);
    this.#show();
  }

  /** What has arrived goes after a while, or when its video's page is opened, by whatever way. */
  async #withoutOld(items) {
    const isOpened = ({ video }) => location.pathname.startsWith(`${this.about.videos}${video}/`);
    const isOld = (item) => item.state === "done" && (item.endedAt < Date.now() - SHOWN_MS || isOpened(item));
    await this.store.drop(items.filter(isOld).map((item) => item.id));
    return items.filter((item) => !isOld(item));
  }

  /** Files that no page has any more, and that were not kept. */
  async #giveUpLost() {
    const isGone = (item) => this.standing(item).isElsewhere && !this.crew.owned.has(item.id);
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
  return file.size > most ? `The file is larger than this server takes (${bytes(most)}).` : "";
}

const isSame = (item, file) => item.name === file.name && item.size === file.size && item.modified === file.lastModified;

/** What was begun and did not fit takes room for a moment still, and then not even a row can be written. */
async function insist(work) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
