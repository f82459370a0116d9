// One tab at a time sends. By the browser's locks where it has them, else by a row that has to be renewed.

const RENEW_SECONDS = 2;
const LEASE_SECONDS = 7;

/**
 * Wait for the turn, and hold it until it is given back.
 *
 * @param {object} options name of the turn, store, me (this page), onAcquired(), onLost(): another tab took it
 * @returns {{ release: () => void, steal: () => void }}
 */
export function requestSendLock(options) {
  return navigator.locks ? byWebLock(options) : byLease(options);
}

function byWebLock({ name, onAcquired, onLost }) {
  let release = null;
  let waiting = null;
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
      if (!isHeld || error.name !== "AbortError") return;
      release = null; // it was stolen
      onLost();
      queue(); // whoever stole it may be closed before all is sent
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
    /** From a tab that the browser has put to sleep. */
    steal: () => {
      if (release) return;
      waiting.abort();
      ask({ steal: true });
    },
  };
}

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
    steal: () => {}, // one that sleeps does not renew
  };
}
