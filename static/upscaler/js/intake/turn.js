// One tab at a time sends. By the browser's locks where it has them, else by a row that has to be renewed.

const RENEW_SECONDS = 2;
const LEASE_SECONDS = 7;

/**
 * Wait for the turn, and hold it until it is given back.
 *
 * @param {object} options name of the turn, store, me (this page), onTurn(), onLost(): another tab took it
 * @returns {{ give: () => void, steal: () => void }}
 */
export function takeTurn(options) {
  return navigator.locks ? byLock(options) : byLease(options);
}

function byLock({ name, onTurn, onLost }) {
  let release = null;
  let waiting = null;
  const ask = async (options) => {
    let isHeld = false;
    const hold = () => {
      isHeld = true;
      onTurn();
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
    give: () => {
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

function byLease({ store, me, onTurn, onLost }) {
  let isOurs = false;
  const renew = async () => {
    const now = Date.now();
    const held = await store.take(me, now, now + LEASE_SECONDS * 1000).catch(() => false);
    if (held === isOurs) return;
    isOurs = held;
    if (held) onTurn();
    else onLost();
  };
  renew();
  const timer = setInterval(renew, RENEW_SECONDS * 1000);
  return {
    give: () => {
      clearInterval(timer);
      if (isOurs) store.take(me, Date.now(), 0).catch(() => {});
    },
    steal: () => {}, // one that sleeps does not renew
  };
}
