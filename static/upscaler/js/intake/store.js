// Keeps the uploads of one person in this browser: a row and the bytes of each file, in IndexedDB.
//
// Not in the origin private file system: that exists only over HTTPS, and a server in a home network mostly has none.
// docs/design.md has the figures.

const VERSION = 1;
const ITEMS = "items";
const FILES = "files";
const TURN = "turn";

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Open the store of a person; one in memory where the browser has no IndexedDB. */
export async function openStore(user) {
  try {
    const request = indexedDB.open(`haloweb-uploads-${user}`, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ITEMS, { keyPath: "id" });
      request.result.createObjectStore(FILES);
      request.result.createObjectStore(TURN);
    };
    const database = await settled(request);
    database.onversionchange = () => database.close();
    return new Store(database);
  } catch {
    return new MemoryStore();
  }
}

class Store {
  keeps = true;

  constructor(database) {
    this.database = database;
  }

  /** Run work within one transaction; resolves with its result once all of it is written. */
  within(names, mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(names, mode);
      let result;
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      work(
        names.map((name) => transaction.objectStore(name)),
        (value) => {
          result = value;
        },
      );
    });
  }

  async all() {
    const items = await settled(this.database.transaction(ITEMS).objectStore(ITEMS).getAll());
    return items.sort((one, other) => one.order - other.order);
  }

  async add(added) {
    await this.within([ITEMS], "readwrite", ([items]) => {
      for (const item of added) items.put(item);
    });
  }

  /**
   * Change the items that are still there and for which `when` holds; gives the changed ones.
   * @param {string[]} ids
   * @param {object} values
   * @param {(item: any) => boolean} [when]
   */
  change(ids, values, when = () => true) {
    return this.within([ITEMS], "readwrite", ([items], give) => {
      const changed = [];
      give(changed);
      for (const id of ids) {
        items.get(id).onsuccess = (event) => {
          const item = event.target.result;
          if (!item || !when(item)) return;
          Object.assign(item, values);
          items.put(item);
          changed.push(item);
        };
      }
    });
  }

  /** Write the bytes of an item together with the values that say so. */
  async keep(id, file, values) {
    await this.within([ITEMS, FILES], "readwrite", ([items, files]) => {
      items.get(id).onsuccess = (event) => {
        if (!event.target.result) return;
        items.put({ ...event.target.result, ...values });
        files.put(file, id);
      };
    });
  }

  async file(id) {
    return settled(this.database.transaction(FILES).objectStore(FILES).get(id));
  }

  /** Delete the bytes of items, and by default their rows. */
  async drop(ids, { row } = { row: true }) {
    await this.within([ITEMS, FILES], "readwrite", ([items, files]) => {
      for (const id of ids) {
        files.delete(id);
        if (row) items.delete(id);
      }
    });
  }

  /** Hold the lease until a time, unless another page holds it; for browsers without locks. */
  acquireLease(holder, now, until) {
    return this.within([TURN], "readwrite", ([turn], give) => {
      give(false);
      turn.get("turn").onsuccess = (event) => {
        const held = event.target.result;
        if (held && held.holder !== holder && held.until > now) return;
        turn.put({ holder, until }, "turn");
        give(true);
      };
    });
  }

  close() {
    this.database.close();
  }
}

/** The same in memory: every file is uploaded by its own page. */
class MemoryStore {
  keeps = false;
  #items = new Map();

  async all() {
    return [...this.#items.values()].map((item) => ({ ...item })).sort((one, other) => one.order - other.order);
  }

  async add(added) {
    for (const item of added) this.#items.set(item.id, { ...item });
  }

  /**
   * @param {string[]} ids
   * @param {object} values
   * @param {(item: any) => boolean} [when]
   */
  async change(ids, values, when = () => true) {
    const changed = ids.map((id) => this.#items.get(id)).filter((item) => item && when(item));
    for (const item of changed) Object.assign(item, values);
    return changed.map((item) => ({ ...item }));
  }

  async keep() {
    throw new Error("this browser keeps nothing");
  }

  async file() {
    return undefined;
  }

  async drop(ids, { row } = { row: true }) {
    if (row) for (const id of ids) this.#items.delete(id);
  }

  async acquireLease() {
    return true;
  }

  close() {}
}
