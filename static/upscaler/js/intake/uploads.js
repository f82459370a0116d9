// The uploads of the person who is logged in: what all tabs know of them, and what this page does for them.
//
// The store is the truth. Tabs tell each other that something in it has changed; the one whose turn it is sends, and
// tells the others how far it is. A file that the browser has no room for is sent by the page that has it.

import { forget } from "../sending.js";
import { bytes } from "../words.js";
import { endingOf } from "./endings.js";
import { Sender } from "./sender.js";
import { openStore } from "./store.js";
import { takeTurn } from "./turn.js";

const TELL_MS = 250;
const ANSWER_MS = 1500; // so long a page that has a file may take to say so
const SILENT_MS = 10_000; // after that, whoever has the turn is asleep
const ROOM_SHARE = 0.9; // of what the browser says is free
const OPEN_STATES = ["storing", "waiting", "held", "lost"];
const LOST = "The page was closed before this file was kept. Choose it again, and it goes on where it was.";
const EMPTY = "The file is empty. Was the copy or the download cut off?";

const me = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;

export class Uploads extends EventTarget {
  #files = new Map(); // what this page holds itself
  #senders = [];
  #turn = null;
  #told = 0;
  #heard = 0; // when whoever has the turn was last heard of
  #answered = new Set();
  #ours = {}; // what this page sends, by id
  #theirs = {}; // what others say that they send
  #order = 0;

  /** @param {DOMStringMap} about user, terms, endpoint, tus and tuspath from the page */
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
      if (this.holdsFiles) event.preventDefault();
    });
  }

  /** Has this page files that are lost when it is closed? */
  get holdsFiles() {
    return this.items.some((item) => this.#files.has(item.id) && ["storing", "waiting", "held"].includes(item.state));
  }

  /** How a file stands: the row, and what is known of its sending. */
  standing(item) {
    const live = item.state === "waiting" ? (this.#ours[item.id] ?? this.#theirs[item.id]) : null;
    return {
      state: live?.state ?? item.state,
      sent: item.state === "done" ? item.size : Math.max(live?.sent ?? 0, item.sent),
      speed: live?.speed ?? 0,
      said: live?.said || item.said || (item.state === "lost" ? LOST : ""),
      isHere: this.#files.has(item.id),
      isElsewhere: !item.kept && ["storing", "waiting", "held"].includes(item.state) && !this.#files.has(item.id),
    };
  }

  /**
   * Take files into the queue.
   *
   * @param {{ file: File, path: string }[]} found
   * @param {{ kind?: string, startsJob?: boolean }} choice what the page says; else what the person prefers
   * @param {string[]} unread names of what could not be read
   */
  async add(found, choice = {}, unread = []) {
    await this.isReady;
    const terms = await this.terms();
    const batch = `${Date.now()}-${me}`;
    const usual = { kind: choice.kind ?? terms.kind, startsJob: choice.startsJob ?? terms.starts_jobs, batch };
    const leftOut = found.filter(({ file }) => terms.others.includes(endingOf(file.name)));
    const taken = [];
    for (const { file, path } of found) {
      if (terms.others.includes(endingOf(file.name))) continue;
      const wrong = wrongWith(file, terms.most);
      const again = this.items.find((item) => isSame(item, file) && OPEN_STATES.includes(item.state));
      if (again && (again.state !== "lost" || wrong)) continue;
      const item = again ?? this.#item({ name: file.name, path, size: file.size, modified: file.lastModified, ...usual });
      if (!wrong) this.#files.set(item.id, file);
      Object.assign(item, wrong ? { state: "wrong", said: wrong } : { state: "storing", kept: false, holder: me, said: "" });
      await this.store.add(item);
      this.items = await this.store.all();
      if (!wrong) taken.push(item);
    }
    if (leftOut.length || unread.length) {
      const names = leftOut.map(({ path }) => path);
      await this.store.add(this.#item({ name: "", path: "", size: 0, state: "left", names, unread, ...usual }));
    }
    await this.#changed();
    for (const item of taken) await this.#keep(item);
  }

  hold = (id) => this.#set(id, { state: "held" }, ["waiting"]);
  resume = (id) => this.#set(id, { state: "waiting" }, ["held"]);
  retry = (id) => this.#set(id, { state: "waiting", said: "" }, ["wrong"]);

  async holdAll() {
    for (const item of this.items) await this.store.change(item.id, { state: "held" }, ({ state }) => state === "waiting");
    await this.#changed();
  }

  async resumeAll() {
    for (const item of this.items) await this.store.change(item.id, { state: "waiting" }, ({ state }) => state === "held");
    await this.#changed();
  }

  /** Forget it, here and on the server; one that has arrived stays there. */
  async cancel(id) {
    const item = this.items.find((one) => one.id === id);
    await this.store.drop(id);
    this.#files.delete(id);
    await this.#changed();
    if (item?.url && item.state !== "done") await forget(item.url, this.#headers());
  }

  /** What has arrived and what was left out goes from the list. */
  async clear() {
    for (const item of this.items) if (["done", "left"].includes(item.state)) await this.store.drop(item.id);
    await this.#changed();
  }

  /** What holds for uploads on this server, and for this person. */
  async terms() {
    this.asked ??= fetch(this.about.terms, { headers: { Accept: "application/json" } }).then((response) => response.json());
    return this.asked.catch((error) => {
      this.asked = null;
      throw error;
    });
  }

  async #open() {
    this.store = await openStore(this.about.user);
    this.channel = new BroadcastChannel(`haloweb-uploads-${this.about.user}`);
    this.channel.onmessage = (event) => this.#hear(event.data);
    this.items = await this.store.all();
    this.#order = Math.max(0, ...this.items.map((item) => item.order));
    this.channel.postMessage({ kind: "who" });
    setTimeout(() => this.#giveUpLost(), ANSWER_MS);
    if (this.items.length) this.#wantTurn();
    this.#show();
  }

  /** Whoever comes next goes on. */
  #close() {
    this.channel.postMessage({ kind: "live", live: {}, ended: Object.keys(this.#ours) });
    for (const sender of this.#senders) sender.stop();
    this.#ours = {};
    this.#theirs = {};
    this.hasTurn = false;
    this.#senders = [];
    this.#turn?.give();
    this.#turn = null;
    clearInterval(this.watch);
    this.channel.close();
    this.store.close();
  }

  #item(values) {
    this.#order += 1;
    const id = `${me}-${this.#order}`;
    return { id, order: Date.now() * 1000 + (this.#order % 1000), state: "storing", kept: false, holder: me, url: null, sent: 0, said: "", video: null, ...values };
  }

  /** Into the browser's own storage, or, where that has no room, with the page. */
  async #keep(item) {
    const file = this.#files.get(item.id);
    if (!file) return; // cancelled
    try {
      if (!this.store.keeps || !(await hasRoom(file.size))) throw new Error("no room");
      await this.store.keep(item.id, file, { state: "waiting", kept: true, holder: null });
      this.#files.delete(item.id);
    } catch {
      const isReadable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
      const values = isReadable ? { state: "waiting" } : { state: "wrong", said: "This file can't be read any more." };
      if (!isReadable) this.#files.delete(item.id);
      await this.store.change(item.id, values, ({ state }) => state === "storing");
    }
    await this.#changed();
  }

  async #set(id, values, from) {
    await this.store.change(id, values, ({ state }) => from.includes(state));
    await this.#changed();
  }

  async #changed() {
    this.channel.postMessage({ kind: "changed" });
    await this.#read();
  }

  async #read() {
    this.items = await this.store.all();
    if (this.items.length) this.#wantTurn();
    for (const sender of this.#senders) sender.look(this.items.filter((item) => sender.options.isMine(item)));
    this.#mineSent();
    this.#show();
  }

  #hear(message) {
    if (message.kind === "changed") this.#read().catch(() => {});
    if (message.kind === "live") {
      this.#heard = performance.now();
      Object.assign(this.#theirs, message.live);
      for (const id of message.ended) delete this.#theirs[id];
      this.#show();
    }
    if (message.kind === "who" && this.#files.size) this.channel.postMessage({ kind: "mine", ids: [...this.#files.keys()] });
    if (message.kind === "mine") message.ids.forEach((id) => this.#answered.add(id));
  }

  /** Files that no page has any more, and that were not kept. */
  async #giveUpLost() {
    const gone = this.items.filter((item) => !item.kept && ["storing", "waiting", "held"].includes(item.state)
      && !this.#files.has(item.id) && !this.#answered.has(item.id));
    for (const item of gone) await this.store.change(item.id, { state: "lost" }, ({ kept }) => !kept).catch(() => {});
    if (gone.length) await this.#changed();
  }

  #wantTurn() {
    if (this.#turn) return;
    this.#heard = performance.now();
    this.#turn = takeTurn({
      name: `haloweb-sending-${this.about.user}`,
      store: this.store,
      me,
      onTurn: () => {
        this.hasTurn = true;
        this.#addSender((item) => item.kept, (item) => this.store.file(item.id));
      },
      onLost: () => {
        this.hasTurn = false;
        this.#senders.filter((sender) => sender.options.isOfTurn).forEach((sender) => sender.stop());
        this.#senders = this.#senders.filter((sender) => !sender.options.isOfTurn);
      },
    });
    this.watch = setInterval(() => {
      const isSilent = performance.now() - this.#heard > SILENT_MS;
      const waits = this.items.some((item) => item.kept && item.state === "waiting");
      if (!this.hasTurn && isSilent && waits && !document.hidden) this.#turn?.steal();
      if (isSilent) this.#theirs = {};
      if (this.hasTurn) this.#tell(true);
    }, 1000);
  }

  /** Files that only this page has do not wait for a turn. */
  #mineSent() {
    const isMine = (item) => !item.kept && this.#files.has(item.id);
    if (this.items.some(isMine) && !this.#senders.some((sender) => !sender.options.isOfTurn)) {
      this.#addSender(isMine, async (item) => this.#files.get(item.id), false);
    }
  }

  async #addSender(isMine, fileOf, isOfTurn = true) {
    const terms = await this.terms();
    const sender = new Sender({
      store: this.store,
      terms,
      endpoint: this.about.endpoint,
      tus: this.about.tus,
      headers: this.#headers(),
      isMine,
      isOfTurn,
      fileOf,
      onChange: () => this.#progressed(),
      onDone: async (item, video) => {
        await this.store.change(item.id, { state: "done", video, sent: item.size, said: "" });
        await this.store.drop(item.id, { row: false });
        this.#files.delete(item.id);
        this.dispatchEvent(new CustomEvent("arrived", { detail: item }));
        await this.#changed();
      },
    });
    this.#senders.push(sender);
    sender.look(this.items.filter(isMine));
  }

  #headers() {
    return { "X-For-User": this.about.user };
  }

  /** Show it now, tell the others at most four times a second, and look what may be begun. */
  #progressed() {
    const before = Object.keys(this.#ours);
    this.#ours = Object.assign({}, ...this.#senders.map((one) => one.live));
    const ended = before.filter((id) => !(id in this.#ours));
    if (ended.length) this.#read().catch(() => {}); // there is a place for the next one
    this.#tell(ended.length > 0, ended);
    this.#show();
  }

  #tell(isUrgent, ended = []) {
    if (!isUrgent && performance.now() - this.#told < TELL_MS) return;
    this.#told = performance.now();
    this.channel.postMessage({ kind: "live", live: this.#ours, ended });
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

async function hasRoom(size) {
  if (!navigator.storage?.estimate) return true; // it is tried
  const { quota, usage } = await navigator.storage.estimate();
  return size < (quota - usage) * ROOM_SHARE;
}
