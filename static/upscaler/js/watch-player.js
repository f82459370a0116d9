// <watch-player>: plays the segments of a job that are rendered, and those that come while it plays.

import { clock } from "./format.js";
import { changeIcon } from "./icon.js";

const KEPT_BEHIND_SECONDS = 60;
const HLS = "application/vnd.apple.mpegurl";

class WatchPlayer extends HTMLElement {
  /** @type {HlsPlayer | null} */
  #hls = null;
  #isStopped = false; // after its requests failed repeatedly

  connectedCallback() {
    this.button.addEventListener("click", () => (this.stage.hidden ? this.#open() : this.#close()));
  }

  disconnectedCallback() {
    this.#end();
  }

  get button() {
    return this.querySelector("button");
  }

  get stage() {
    return this.querySelector(".watch-stage");
  }

  get video() {
    return this.querySelector("video");
  }

  /** Show how many seconds from the start can be watched. */
  showWatchable(seconds) {
    this.button.disabled = !seconds && this.stage.hidden;
    this.querySelector(".until").textContent = clock(seconds);
    this.querySelector(".some").toggleAttribute("data-off", !seconds);
    this.querySelector(".none").toggleAttribute("data-off", Boolean(seconds));
    if (this.#isStopped) this.#resume();
  }

  /** Where the viewer is, and whether it plays; null while it is closed. */
  get place() {
    if (this.stage.hidden) return null;
    return { seconds: this.video.currentTime, plays: !this.video.paused };
  }

  async #open() {
    this.#show(true);
    try {
      await this.#load();
      await this.video.play();
    } catch (error) {
      const { name } = /** @type {Error} */ (error);
      if (name !== "AbortError" && name !== "NotAllowedError") this.#failed();
    }
  }

  #close() {
    this.#end();
    this.#show(false);
  }

  #show(isOpen) {
    this.stage.hidden = !isOpen;
    this.querySelector(".notice").hidden = true;
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.button.querySelector("span").textContent = isOpen ? "Close" : "Watch";
    changeIcon(this.button.querySelector(".icon"), isOpen ? "x" : "play");
  }

  async #load() {
    if (!window.MediaSource && this.video.canPlayType(HLS)) {
      this.video.src = this.dataset.playlist;
      return;
    }
    /** @type {HlsModule} */
    const { default: Hls } = await import(this.dataset.hls ?? "");
    if (this.stage.hidden) return; // closed in the meantime
    if (!Hls.isSupported()) throw new Error("no Media Source Extensions");
    // nothing is remuxed, so that a worker would be idle
    const hls = new Hls({ startPosition: 0, enableWorker: false, backBufferLength: KEPT_BEHIND_SECONDS });
    this.#hls = hls;
    hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR) this.#failed();
      else this.#stop();
    });
    hls.loadSource(this.dataset.playlist ?? "");
    hls.attachMedia(this.video);
  }

  /** Stop loading; what is loaded can still be watched. */
  #stop() {
    this.#isStopped = true;
    this.#hls?.stopLoad();
  }

  /** Load again, when the server responds again. */
  #resume() {
    this.#isStopped = false;
    if (this.#hls?.levels.length) this.#hls.startLoad();
    else this.#hls?.loadSource(this.dataset.playlist ?? "");
  }

  #failed() {
    this.#end();
    this.querySelector(".notice").hidden = false;
  }

  #end() {
    this.#isStopped = false;
    this.#hls?.destroy();
    this.#hls = null;
    this.video.removeAttribute("src");
    this.video.load();
  }
}

customElements.define("watch-player", WatchPlayer);
