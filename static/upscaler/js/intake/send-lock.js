// One tab at a time uploads: by the browser's locks where it has them, else by a lease in the store that is renewed.

const RENEW_SECONDS = 2;
const LEASE_SECONDS = 7;

/**
 * @typedef {object} LockOptions
 * @property {string} name of the lock
 * @property {{ acquireLease: (holder: string, now: number, until: number) => Promise<boolean> }} store
 * @property {string} me this page
 * @property {() => void} onAcquired
 * @property {() => void} onLost another tab has taken the lock
 */

/**
 * Wait for the lock, and hold it until it is released.
 *
 * @param {LockOptions} options
 * @returns {{ release: () => void, steal: () => void }}
 */
export function requestSendLock(options) {
  return navigator.locks ? byWebLock(options) : byLease(options);
}

/** @param {LockOptions} options */
function byWebLock({ name, onAcquired, onLost }) {
  /** @type {((value?: unknown) => void) | null} */
  let release = null;
  let waiting = new AbortController();
  const ask = async (options) => {
    let isHeld = false;
    const hold = () => {
      isHeld = true;
      onAcquired();
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    try {
      await navigator.locks.request(name, options, hold);
    } catch (error) {
      if (!isHeld || /** @type {Error} */ (error).name !== "AbortError") return;
      release = null; // it was stolen
      onLost();
      queue(); // the tab that stole it may be closed before all is uploaded
    }
  };
  const queue = () => {
    waiting = new AbortController();
    ask({ signal: waiting.signal });
  };
  queue();
  return {
    release: () => {
      waiting.abort();
      release?.();
    },
    /** Take the lock from a tab that the browser has put to sleep. */
    steal: () => {
      if (release) return;
      waiting.abort();
      ask({ steal: true });
    },
  };
}

/** @param {LockOptions} options */
function byLease({ store, me, onAcquired, onLost }) {
  let isOurs = false;
  const renew = async () => {
    const now = Date.now();
    const held = await store.acquireLease(me, now, now + LEASE_SECONDS * 1000).catch(() => false);
    if (held === isOurs) return;
    isOurs = held;
    if (held) onAcquired();
    else onLost();
  };
  renew();
  const timer = setInterval(renew, RENEW_SECONDS * 1000);
  return {
    release: () => {
      clearInterval(timer);
      if (isOurs) store.acquireLease(me, Date.now(), 0).catch(() => {});
    },
    steal: () => {}, // a tab that sleeps does not renew its lease
  };
}
