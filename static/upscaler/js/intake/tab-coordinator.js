// Coordinates the tabs of one person: which one uploads, and what the others know of it.
//
// The store is the truth. A tab tells the others when it has changed the store. The one with the lock uploads what the
// store keeps, and reports its progress. A file that only one page has is uploaded by that page, lock or not.

import { requestSendLock } from "./send-lock.js";
import { Sender } from "./sender.js";

const REPORT_MS = 250;
const SILENT_MS = 10_000; // after that, the tab with the lock is asleep

export const me = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;

export class TabCoordinator {
  /** @type {Sender[]} */
  #senders = [];
  #isClosed = false;
  /** @type {ReturnType<typeof requestSendLock> | null} */
  #lock = null;
  #watch = 0;
  #hasLock = false;
  #sendsOwn = false; // what only this page has
  #told = 0;
  #heard = 0; // when the last report came from the tab with the lock
  #ours = {}; // what this page sends, by id
  #theirs = {}; // what others say that they send

  /**
   * @param {object} options
   * @param {{ user: string, endpoint: string, tus: string }} options.about from the page
   * @param {any} options.store
   * @param {Map<string, Blob>} options.files what only this page has, by id
   * @param {() => Promise<any>} options.terms
   * @param {() => any[]} options.items
   * @param {() => void} options.onChange the store has changed
   * @param {() => void} options.onLive an upload has made progress, in this tab or another
   * @param {(item: any, id: string) => Promise<void>} options.onArrival
   */
  constructor(options) {
    this.options = options;
    this.owned = new Set(); // ids of files that another page says it has
    this.headers = { "X-For-User": options.about.user };
    this.channel = new BroadcastChannel(`haloweb-uploads-${options.about.user}`);
    this.channel.onmessage = (event) => this.#hear(event.data);
    this.#post({ kind: "who" });
  }

  /** The progress of a file; undefined while no tab uploads it. */
  live(id) {
    return this.#ours[id] ?? this.#theirs[id];
  }

  /** Tell the other tabs that the store has changed. */
  tellChange() {
    this.#post({ kind: "changed" });
  }

  /** Start and stop uploads by the states of these items. */
  look(items) {
    if (this.#isClosed) return;
    if (items.length) this.#requestLock();
    for (const sender of this.#senders) sender.look(items.filter(sender.options.isMine));
    const isMine = (item) => !item.kept && this.options.files.has(item.id);
    if (items.some(isMine) && !this.#sendsOwn) {
      this.#sendsOwn = true;
      this.#addSender({ isMine, fileOf: async (item) => this.options.files.get(item.id), needsLock: false });
    }
  }

  /** Release the lock to the next tab. */
  close() {
    if (this.#isClosed) return;
    this.#post({ kind: "live", live: {}, ended: Object.keys(this.#ours) });
    this.#isClosed = true;
    for (const sender of this.#senders) sender.stop();
    this.#lock?.release();
    clearInterval(this.#watch);
    this.channel.close();
  }

  #post(message) {
    if (!this.#isClosed) this.channel.postMessage(message);
  }

  #hear(message) {
    const { files, onChange, onLive } = this.options;
    if (message.kind === "changed") onChange();
    if (message.kind === "live") {
      this.#heard = performance.now();
      Object.assign(this.#theirs, message.live);
      for (const id of message.ended) delete this.#theirs[id];
      onLive();
    }
    if (message.kind === "who" && files.size) this.#post({ kind: "mine", ids: [...files.keys()] });
    if (message.kind === "mine") for (const id of message.ids) this.owned.add(id);
  }

  #requestLock() {
    if (this.#lock) return;
    const { about, store } = this.options;
    this.#heard = performance.now();
    this.#lock = requestSendLock({
      name: `haloweb-sending-${about.user}`,
      store,
      me,
      onAcquired: () => {
        this.#hasLock = true;
        this.#addSender({ isMine: (item) => item.kept, fileOf: (item) => store.file(item.id), needsLock: true });
      },
      onLost: () => {
        this.#hasLock = false;
        this.#heard = performance.now(); // it is stolen back only after as long a silence
        for (const sender of this.#senders.filter((sender) => sender.options.needsLock)) sender.stop();
        this.#senders = this.#senders.filter((sender) => !sender.options.needsLock);
        this.#ours = this.#sent();
        this.options.onLive();
      },
    });
    this.#watch = setInterval(() => this.#watchLock(), 1000);
  }

  #watchLock() {
    if (this.#hasLock) {
      this.#report([], true);
      return;
    }
    if (performance.now() - this.#heard < SILENT_MS) return;
    this.#theirs = {};
    const waits = this.options.items().some((item) => item.kept && item.state === "waiting");
    if (waits && !document.hidden) this.#lock?.steal();
  }

  #addSender(ways) {
    const { about, store, terms, items, onArrival } = this.options;
    const sender = new Sender({
      store,
      terms,
      endpoint: about.endpoint,
      tus: about.tus,
      headers: this.headers,
      onChange: () => this.#progressed(),
      onDone: onArrival,
      ...ways,
    });
    this.#senders.push(sender);
    sender.look(items().filter(ways.isMine));
  }

  #sent() {
    return Object.assign({}, ...this.#senders.map((sender) => sender.live));
  }

  /** Show the progress, report it to the other tabs, and start the next upload when one has ended. */
  #progressed() {
    const before = Object.keys(this.#ours);
    this.#ours = this.#sent();
    const ended = before.filter((id) => !(id in this.#ours));
    if (ended.length) this.options.onChange();
    this.#report(ended, ended.length > 0);
    this.options.onLive();
  }

  #report(ended, isUrgent) {
    if (!isUrgent && performance.now() - this.#told < REPORT_MS) return;
    this.#told = performance.now();
    this.#post({ kind: "live", live: this.#ours, ended });
  }
}
