// Handlers that wait for something, and have to finish in the order of their events.

/**
 * Return a function that calls an asynchronous handler once the call before it has finished, even if that failed.
 *
 * @template {any[]} Arguments
 * @param {(...values: Arguments) => Promise<unknown>} handler
 * @returns {(...values: Arguments) => Promise<unknown>}
 */
export function inOrder(handler) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  return (...values) => {
    const next = last.then(() => handler(...values));
    last = next.catch(() => {});
    return next;
  };
}
