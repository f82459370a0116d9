// What the modules of the upload queue need of a browser and Node lacks: IndexedDB, a page, and tus.

import "fake-indexeddb/auto";

/** Uploads that were started, newest last: the tests say what becomes of each. */
export const started = [];

/** The part of tus.Upload that js/tus-upload.js uses, without a server. */
class Upload {
  constructor(file, options) {
    const { endpoint, uploadUrl: url } = options;
    Object.assign(this, { file, options, endpoint, url, isAborted: false, isDeleted: false });
    started.push(this);
  }

  start() {
    this.url ??= `/uploads/${started.indexOf(this)}`;
    this.options.onUploadUrlAvailable();
  }

  async abort(isDeleted) {
    this.isAborted = true;
    this.isDeleted = Boolean(isDeleted);
  }

  progress(sent) {
    this.options.onProgress(sent, this.file.size);
  }

  succeed(resultId) {
    this.options.onAfterResponse(null, { getHeader: () => resultId });
    this.options.onSuccess();
  }

  /** The server answers with an error; 0 when it can't be reached. */
  fail(status, text = "") {
    const originalResponse = status ? { getStatus: () => status, getBody: () => text } : null;
    this.options.onError(Object.assign(new Error(text), { originalResponse }));
  }
}

let page = new EventTarget();
Object.assign(globalThis, {
  window: globalThis,
  tus: { Upload },
  addEventListener: (...values) => page.addEventListener(...values),
  removeEventListener: (...values) => page.removeEventListener(...values),
  dispatchEvent: (...values) => page.dispatchEvent(...values),
  document: { cookie: "csrftoken=token", hidden: false, getElementById: () => null, querySelector: () => null },
  location: { pathname: "/", search: "" },
});

/** Waits until a condition holds; fails after three seconds. */
export async function until(condition, what) {
  const end = performance.now() + 3000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what ?? condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

let people = 0;

/** A name that no other test uses: its store, channel and lock are new. */
export function newPerson() {
  people += 1;
  return `person-${process.pid}-${people}`;
}

/** Close the pages of a test: their timers end, and their locks are released. */
export function closePages() {
  page.dispatchEvent(new Event("pagehide"));
  page = new EventTarget();
}
