// <compare-player>: before and after in one picture, frame by frame together.
//
// data-of names the <script type="application/json"> that says what to compare:
//   { rate: [30, 1], frames, width, height, names: [before, after],
//     clip: { url, layout } | pair: { before: { url, start }, after: { url, start } } | null,
//     poster: { before, after, frame } | null, hasSound, soundBefore: { url, start } | null, linked: true|false }

import { ACTIONS } from "./compare/actions.js";
import { Controls, make, SPEEDS } from "./compare/controls.js";
import { addressOf, follower, placeIn } from "./compare/deep-link.js";
import { Gestures } from "./compare/gestures.js";
import { actionOf, helpDialog } from "./compare/keys.js";
import { PairSource } from "./compare/pair-source.js";
import { saveCanvas } from "./compare/save-image.js";
import { Sound } from "./compare/sound.js";
import { ClipSource, isThere, StillSource } from "./compare/sources.js";
import { Stage } from "./compare/stage.js";
import { icon } from "./icon.js";

const UNPLAYABLE = "This browser can't play the comparison. Download the result, or try another browser.";
const AWAY = "The server can't be reached. Press play to retry.";
const MENDED_MS = 60_000; // after an error within this time it is not retried automatically

/** @typedef {import("./compare/deep-link.js").Place} Place */
/** @typedef {import("./compare/sources.js").Seeker} Seeker */

class ComparePlayer extends HTMLElement {
  /** @type {HTMLElement[]} the names of both pictures, on them */
  tags = [];
  /** @type {Controls} */
  controls;
  /** @type {any} what the page says of the comparison */
  data;
  /** @type {Stage} */
  stage;
  /** @type {ClipSource | PairSource | undefined} */
  moving;
  /** @type {StillSource | null} */
  still = null;
  /** @type {Sound | undefined} */
  player;
  /** @type {{ from: number | null, to: number | null }} frames between which it plays again and again */
  loop = { from: null, to: null };
  /** @type {{ frame: number, plays: boolean } | null} */
  broken = null;
  /** @type {AbortController} */
  listeners;
  /** @type {ResizeObserver} */
  resizeObserver;
  /** @type {(place: Place) => void} */
  follow = () => {};
  rate = 0;
  asked = 0;
  mended = Number.NEGATIVE_INFINITY;

  connectedCallback() {
    if (!this.stage) this.setUp();
    this.listen();
  }

  disconnectedCallback() {
    this.listeners.abort();
    this.resizeObserver.disconnect();
    cancelAnimationFrame(this.asked);
    this.asked = 0;
    this.moving?.pause();
    this.player?.close();
  }

  setUp() {
    this.data = JSON.parse(document.getElementById(this.dataset.of ?? "").textContent);
    this.data.moves = Boolean(this.data.clip || this.data.pair);
    this.rate = this.data.rate[0] / this.data.rate[1];
    this.speed = 1;
    this.sound = "after";
    this.build();
    this.start();
  }

  build() {
    const { width, height, names } = this.data;
    this.canvas = make("canvas", { role: "img", "aria-label": `${names[0]} and ${names[1]}, the same frame` });
    this.style.setProperty("--ratio", String(width / height));
    this.tags = names.map((name, at) => make("span", { class: `tag ${["left", "right"][at]}` }, name));
    this.slider = make("input", {
      type: "range",
      class: "split",
      min: 0,
      max: 1000,
      value: 500,
      "aria-label": "Position of the divider",
    });
    this.slider.addEventListener("input", () => this.setSplit(this.slider.value / 1000));
    this.grip = make("span", { class: "grip", "aria-hidden": "true" }, icon("chevrons-left-right"));
    this.picture = make("div", { class: "picture" }, this.canvas, ...this.tags, this.grip, this.slider);
    this.controls = new Controls(this.data, (action) => this.act(action));
    this.help = helpDialog();
    this.replaceChildren(this.picture, this.controls.element, this.help);
    this.stage = new Stage(this.canvas, width / height);
    this.gestures = new Gestures(this, this.canvas);
  }

  /** The listeners outside of this element, which end when it leaves the page. */
  listen() {
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    this.resizeObserver = new ResizeObserver(() => this.changed());
    this.resizeObserver.observe(this.canvas);
    document.addEventListener("keydown", (event) => this.keyDown(event), { signal });
    document.addEventListener("keyup", (event) => this.keyUp(event), { signal });
    // a key that is released in another window or tab is not reported here
    addEventListener("blur", () => this.flip(""), { signal });
    document.addEventListener("visibilitychange", () => this.flip(""), { signal });
    document.addEventListener("fullscreenchange", () => this.changed(), { signal });
  }

  start() {
    const { clip, pair, poster } = this.data;
    const rate = this.rate;
    if (clip) this.moving = new ClipSource({ ...clip, rate });
    else if (pair) this.moving = new PairSource({ ...pair, rate });
    if (this.moving) this.watch(this.moving);
    const place = this.data.linked ? placeIn(location.href) : {};
    if (place.split != null) this.setSplit(place.split);
    if (place.mode) this.stage.view.mode = place.mode;
    if (place.seconds != null && this.moving) this.seek(Math.floor(place.seconds * rate));
    else if (poster) this.showStill(poster, { isPoster: true });
    else if (this.moving) this.seek(0);
    this.follow = this.data.linked ? follower() : () => {};
    this.changed();
  }

  watch(source) {
    source.onframe = (frame) => this.reached(frame);
    source.ondrift = () => this.changed();
    const { master } = source;
    this.player = new Sound(master, this.data.soundBefore);
    for (const kind of ["play", "pause", "ended"])
      master.addEventListener(kind, () => this.changed({ moved: kind === "pause" }));
    for (const video of source.videos) video.addEventListener("error", () => this.broke(video));
  }

  /** A video can't be played. If the server has its file, the connection may have broken for a moment: retry once. */
  async broke(video) {
    if (this.broken) return; // by the other video of the pair
    const source = /** @type {ClipSource | PairSource} */ (this.moving);
    const { seeker } = source;
    const broken = { frame: seeker.isBusy ? seeker.target : this.frame, plays: this.isPlaying };
    this.broken = broken;
    source.pause();
    const words = (await isThere(video.currentSrc)) ? UNPLAYABLE : AWAY;
    if (this.broken !== broken) return; // play was pressed in the meantime
    if (words === AWAY || performance.now() - this.mended < MENDED_MS) {
      this.say(words);
      return;
    }
    await this.mend();
    if (broken.plays && !this.broken) await source.play().catch(() => {});
  }

  /** Load again what broke, and go to a frame: by default to where it was. */
  async mend(frame = this.broken?.frame ?? 0) {
    if (!this.moving) return;
    this.broken = null;
    this.mended = performance.now();
    this.say("");
    for (const video of this.moving.videos) if (video.error) video.load();
    this.moving.setSpeed(this.speed);
    await this.moving.goTo(frame);
  }

  say(words) {
    this.said = words;
    this.changed();
  }

  /** Show a still instead of the video, until it plays or seeks: from that frame, or from the start for the poster. */
  async showStill(pair, { isPoster = false } = {}) {
    const source = new StillSource(pair);
    this.startsAt = isPoster ? 0 : pair.frame;
    this.still = source;
    this.moving?.pause();
    try {
      await source.ready;
    } catch {
      this.still = null;
    }
    this.changed();
  }

  leaveStill() {
    if (!this.still) return;
    this.still = null;
    this.dispatchEvent(new Event("moved"));
  }

  get source() {
    return this.still ?? this.moving;
  }

  get frame() {
    return this.still ? this.still.frame : Math.max(0, this.moving?.frame ?? 0);
  }

  get isPlaying() {
    return Boolean(this.moving && !this.moving.master.paused && !this.moving.master.ended);
  }

  reached(frame) {
    if (this.still && !this.isPlaying) return;
    if (this.isPlaying) this.leaveStill();
    const { from, to } = this.loop;
    if (this.isPlaying && to !== null && frame >= to) this.moving?.goTo(from ?? 0);
    this.paint();
  }

  async seek(frame) {
    if (!this.moving) return;
    const target = Math.min(this.data.frames - 1, Math.max(0, Math.round(frame)));
    this.target = target;
    await (this.broken ? this.mend(target) : this.moving.goTo(target));
    if (this.broken) return;
    this.leaveStill();
    this.changed({ moved: true });
  }

  /** Paint in the next animation frame, after a change of anything but the frame. */
  changed({ moved = false } = {}) {
    if (moved && !this.isPlaying)
      this.follow?.({ seconds: this.frame / this.rate, split: this.stage.view.split, mode: this.stage.view.mode });
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  paint() {
    const { view } = this.stage;
    this.stage.render(this.source);
    const isWipe = view.mode.startsWith("wipe") && !view.flipped;
    this.dataset.mode = view.mode;
    this.slider.hidden = !isWipe;
    this.grip.hidden = !isWipe || Boolean(view.loupe);
    const density = this.canvas.width / Math.max(1, this.canvas.getBoundingClientRect().width);
    const box = this.stage.boxes()[0];
    const [across, down] = view.mode === "wipe" ? [view.split, 0.5] : [0.5, view.split];
    const [left, top] = [box.x + box.width * across, box.y + box.height * down];
    this.grip.style.translate = `${left / density}px ${top / density}px`;
    this.grip.classList.toggle("down", view.mode === "wipe-down");
    for (const [at, side] of ["before", "after"].entries()) {
      this.tags[at].hidden =
        view.mode === "difference" ||
        (view.flipped ? view.flipped !== side : view.mode === "flip" && side === "before");
    }
    this.controls.show({
      said: this.said,
      frame: this.frame,
      playing: this.isPlaying,
      speed: this.speed,
      sound: this.sound,
      mode: view.mode,
      loupe: Boolean(view.loupe),
      loop: this.loop,
      drift: this.moving?.drift ?? 0,
      isFull: document.fullscreenElement === this,
    });
  }

  setSplit(share) {
    this.stage.view.split = Math.min(1, Math.max(0, share));
    this.slider.value = String(Math.round(this.stage.view.split * 1000));
    this.changed({ moved: true });
  }

  flip(side) {
    this.stage.view.flipped = side;
    this.changed();
  }

  point(clientX, clientY) {
    this.stage.view.loupe = this.stage.pointAt(clientX, clientY) ?? this.stage.view.loupe;
    this.changed();
  }

  keyDown(event) {
    const action = actionOf(event);
    if (
      !action ||
      !this.isConnected ||
      (document.activeElement?.closest("compare-player, compare-slider") ?? this) !== this
    )
      return;
    event.preventDefault();
    if (action.startsWith("hold")) this.flip(action.slice(4).toLowerCase());
    else this.act(action);
  }

  keyUp(event) {
    if (["a", "b"].includes(event.key.toLowerCase())) this.flip("");
  }

  act(action) {
    const [name, value] = action.split(":");
    ACTIONS[name]?.(this, value);
  }

  async toggle() {
    if (!this.moving) return;
    if (this.broken) await this.mend();
    else if (this.isPlaying) {
      this.moving.pause();
      return;
    }
    if (this.broken) return; // again
    const { master } = this.moving;
    if (this.still) await this.moving.goTo(this.startsAt);
    else if (master.ended || this.frame >= this.data.frames - 1) await this.moving.goTo(this.loop.from ?? 0);
    await this.moving.play().catch(() => {});
  }

  setSpeed(speed) {
    this.speed = speed;
    this.moving?.setSpeed(speed);
    this.changed();
  }

  async copyLink() {
    const address = addressOf(location.href, {
      seconds: this.frame / this.rate,
      split: this.stage.view.split,
      mode: this.stage.view.mode,
    });
    try {
      await navigator.clipboard.writeText(address);
      this.controls.name(this.controls.link, "check", "Copied");
      setTimeout(() => this.controls.name(this.controls.link, "link", "Copy a link to this moment"), 1800);
    } catch {
      window.prompt("Link to this moment:", address); // there is no clipboard without HTTPS: it is copied by hand
    }
  }

  savePicture() {
    saveCanvas(
      this.stage.beside(this.source, this.data.width, this.data.height),
      `before and after, frame ${this.frame}.png`,
    );
  }

  stepLoop() {
    const { from, to } = this.loop;
    if (from === null) this.act("loopFrom");
    else this.act(to === null ? "loopTo" : "loopOff");
  }

  faster(by) {
    const at = SPEEDS.indexOf(this.speed) + by;
    if (at >= 0 && at < SPEEDS.length) this.setSpeed(SPEEDS[at]);
  }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.requestFullscreen?.();
  }
}

customElements.define("compare-player", ComparePlayer);
