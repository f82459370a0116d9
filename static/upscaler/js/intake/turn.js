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
  const waiting = new AbortController();
  const hold = () => {
    onTurn();
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const ask = (options) => navigator.locks.request(name, options, hold).catch((error) => {
    if (release && error.name === "AbortError") onLost(); // it was stolen
  });
  ask({ signal: waiting.signal });
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
