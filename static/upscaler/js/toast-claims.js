// Which of several tabs shows a notice: each claims it before it shows it, and of two that claim at once the one with
// the lower name shows it.

const CLAIM_MS = 250;

/**
 * A job that has ended.
 * @typedef {object} Notice
 * @property {number} number
 * @property {string} job
 * @property {string} title
 * @property {string} text
 * @property {string} url
 * @property {boolean} is_done
 * @property {number} seconds that it took
 */

export class ToastClaims {
  #channel;
  #name;
  #claimed = new Set(); // by other tabs: "toast 7" or "notification 7"
  #pending = new Set(); // by this one, not shown yet

  /**
   * @param {BroadcastChannel} channel that all tabs share
   * @param {number} name of this tab
   */
  constructor(channel, name = Math.random()) {
    this.#channel = channel;
    this.#name = name;
    channel.onmessage = ({ data }) => {
      for (const claim of data.claims) {
        if (!this.#pending.has(claim) || data.name < this.#name) this.#claimed.add(claim);
      }
    };
  }

  /**
   * The notices that no other tab shows in this way.
   * @template {Notice} T
   * @param {"toast" | "notification"} kind
   * @param {T[]} notices
   * @returns {Promise<T[]>}
   */
  async claim(kind, notices) {
    const isFree = ({ number }) => !this.#claimed.has(`${kind} ${number}`);
    const free = notices.filter(isFree);
    if (!free.length) return [];
    const claims = free.map(({ number }) => `${kind} ${number}`);
    for (const claim of claims) this.#pending.add(claim);
    this.#channel.postMessage({ name: this.#name, claims });
    await new Promise((resolve) => setTimeout(resolve, CLAIM_MS));
    for (const claim of claims) this.#pending.delete(claim);
    return free.filter(isFree);
  }
}
