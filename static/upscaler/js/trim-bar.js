// <trim-bar>: a strip of thumbnails with a handle at both ends of the range that is kept.
//
// The two number fields beside it hold the range; the bar edits them and moves the player. Frames are
// whole numbers, [start, end): the end is the first frame that is left out.

import { targetOf } from "./dom.js";
import { timecode } from "./format.js";
import { frameAtTime, keyTarget, limitsOf, moveBound, secondsOf, tileOf } from "./trim-range.js";

const byId = (id) => document.getElementById(id);

/** @typedef {import("./trim-range.js").Side} Side */

const SIDES = /** @type {Side[]} */ (["start", "end"]);

class TrimBar extends HTMLElement {
  // what the page says of the video
  frames = 0;
  begins = 0;
  /** @type {import("./trim-range.js").Rate} */
  rate = [30, 1];
  /** @type {string | null} URL of the sprite sheet */
  sprite = null;
  /** @type {any} its layout */
  sheet;

  /** @type {Record<Side, HTMLInputElement>} */
  fields;
  /** @type {HTMLVideoElement | null} */
  player;
  /** @type {HTMLElement} */
  strip;
  /** @type {Record<Side, HTMLElement>} */
  outside;
  /** @type {HTMLElement} */
  head;
  /** @type {Record<Side, HTMLElement>} */
  handles;
  /** @type {HTMLElement} */
  peek;
  /** @type {HTMLElement} */
  picture;
  /** @type {HTMLElement} */
  said;
  /** @type {ResizeObserver} */
  watchWidth;
  peeked = 0;
  /** @type {Side | "head" | null} what is dragged */
  held = null;

  connectedCallback() {
    if (this.strip) return;
    Object.assign(this, JSON.parse(byId("scrubber").textContent));
    this.fields = { start: byId("id_trim_start"), end: byId("id_trim_end") };
    this.player = document.querySelector("#viewer video");
    this.strip = this.addPart("strip");
    this.outside = { start: this.addPart("outside start"), end: this.addPart("outside end") };
    this.head = this.addPart("head");
    this.handles = { start: this.handle("start", "Start"), end: this.handle("end", "End") };
    this.peek = this.addPart("peek");
    this.picture = document.createElement("span");
    this.picture.className = "picture";
    this.said = document.createElement("span");
    this.said.className = "tabular";
    this.peek.append(this.picture, this.said);
    this.peek.hidden = true;
    this.addEventListener("pointerdown", (event) => this.grab(event));
    this.addEventListener("pointermove", (event) => this.move(event));
    this.addEventListener("pointerleave", () => this.hide());
    for (const kind of ["pointerup", "pointercancel"]) this.addEventListener(kind, () => this.drop());
    for (const side of SIDES) {
      this.fields[side].addEventListener("input", () => this.show());
      this.fields[side].addEventListener("change", () => this.set(side, this.value(side), true));
    }
    this.watchWidth = new ResizeObserver(() => {
      this.lay();
      if (!this.peek.hidden) this.peekAt(this.peeked);
    });
    this.watchWidth.observe(this);
    this.watchPlayer();
    this.buttons();
    this.show();
  }

  disconnectedCallback() {
    this.watchWidth.disconnect();
  }

  addPart(name) {
    const part = document.createElement("span");
    part.className = name;
    this.append(part);
    return part;
  }

  handle(side, label) {
    const handle = this.addPart(`handle ${side}`);
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-label", label);
    handle.addEventListener("keydown", (event) => this.key(event, side));
    handle.addEventListener("focus", () => this.peekAt(this.shown(side)));
    handle.addEventListener("blur", () => this.hide());
    return handle;
  }

  /** The frame in a field; the bound of the whole video where the field is empty. */
  value(side) {
    const said = this.fields[side].valueAsNumber;
    const usual = side === "start" ? 0 : this.frames;
    return Number.isFinite(said) ? Math.round(said) : usual;
  }

  get range() {
    return { start: this.value("start"), end: this.value("end") };
  }

  /** The frame to look at for a side: the first one that is kept, or the last one. */
  shown(side) {
    return side === "start" ? this.value("start") : this.value("end") - 1;
  }

  /** Move a bound, and with it the player. It never passes the other bound. */
  set(side, frame, seeks) {
    this.fields[side].value = String(moveBound(this.range, side, frame, this.frames));
    this.show();
    if (seeks) this.seek(this.shown(side));
  }

  seek(frame) {
    if (!this.player) return;
    this.player.pause();
    this.player.currentTime = secondsOf(frame, this.rate, this.begins);
  }

  key(event, side) {
    const frame = keyTarget(event, this.range, side, this);
    if (frame === undefined) return;
    event.preventDefault();
    this.set(side, frame, true);
    this.peekAt(this.shown(side));
  }

  /** The bound between two frames that is nearest to a place on the strip, 0 to the number of frames. */
  bound(event) {
    const box = this.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.round(share * this.frames);
  }

  grab(event) {
    if (event.button !== 0) return;
    const handle = targetOf(event).closest(".handle");
    this.held = handle ? (handle.classList.contains("start") ? "start" : "end") : "head";
    this.setPointerCapture(event.pointerId);
    if (handle) handle.focus();
    event.preventDefault();
    this.move(event);
  }

  move(event) {
    const bound = this.bound(event);
    const frame = Math.min(bound, this.frames - 1);
    if (this.held === "head") this.seek(frame);
    else if (this.held) this.set(this.held, bound, true);
    this.peekAt(this.held && this.held !== "head" ? this.shown(this.held) : frame);
  }

  drop() {
    this.held = null;
  }

  hide() {
    if (!this.held && !this.contains(document.activeElement)) this.peek.hidden = true;
  }

  place(share) {
    return `${(100 * share) / this.frames}%`;
  }

  /** The fields as handles and words. */
  show() {
    for (const side of SIDES) {
      const handle = this.handles[side];
      const value = this.value(side);
      handle.style.left = this.place(value);
      const [lowest, highest] = limitsOf(this.range, side, this.frames);
      handle.setAttribute("aria-valuemin", String(lowest));
      handle.setAttribute("aria-valuemax", String(highest));
      handle.setAttribute("aria-valuenow", String(value));
      handle.setAttribute("aria-valuetext", `Frame ${value}, ${timecode(value, this.rate)}`);
    }
    const { start, end } = this.range;
    this.outside.start.style.width = this.place(start);
    this.outside.end.style.width = this.place(this.frames - end);
    const whole = start === 0 && end === this.frames;
    const kept = `${timecode(start, this.rate)} to ${timecode(end, this.rate)}`;
    byId("trim-summary").textContent =
      end > start
        ? `${kept} · ${end - start} frames${whole ? ", the whole video" : ""}`
        : "The end must be after the start.";
  }

  /** Show in an element, of a width, the picture of the sprite sheet that stands for a frame. */
  background(element, frame, width) {
    const { columns, rows, width: tileWidth, height: tileHeight } = this.sheet;
    const { column, row } = tileOf(frame, this.sheet);
    const height = (tileHeight * width) / tileWidth;
    element.style.backgroundImage = `url("${this.sprite}")`;
    element.style.backgroundSize = `${columns * width}px ${rows * height}px`;
    element.style.backgroundPosition = `${-column * width}px ${-row * height}px`;
  }

  /** Fill the strip with as many thumbnails as fit. */
  lay() {
    if (!this.sprite || !this.strip.clientHeight) return;
    const width = (this.strip.clientHeight * this.sheet.width) / this.sheet.height;
    const count = Math.max(1, Math.round(this.clientWidth / width));
    const pictures = Array.from({ length: count }, (_, number) => {
      const picture = document.createElement("span");
      this.background(picture, ((number + 0.5) * this.frames) / count, this.clientWidth / count);
      return picture;
    });
    this.strip.replaceChildren(...pictures);
  }

  peekAt(frame) {
    this.peek.hidden = false;
    this.peeked = frame;
    this.said.textContent = `${timecode(frame, this.rate)} · ${frame}`;
    if (this.sprite) {
      this.picture.style.width = `${this.sheet.width}px`;
      this.picture.style.height = `${this.sheet.height}px`;
      this.background(this.picture, frame, this.sheet.width);
    }
    const half = this.peek.offsetWidth / 2;
    const at = ((frame + 0.5) / this.frames) * this.clientWidth;
    this.peek.style.left = `${Math.min(Math.max(at, half), Math.max(half, this.clientWidth - half))}px`;
  }

  /** The frame that the player shows. */
  current() {
    return frameAtTime(this.player?.currentTime ?? 0, this);
  }

  watchPlayer() {
    this.head.hidden = !this.player;
    if (!this.player) return;
    const follow = () => {
      this.head.style.left = this.place(this.current() + 0.5);
    };
    for (const kind of ["timeupdate", "seeking", "seeked", "loadedmetadata"])
      this.player.addEventListener(kind, follow);
    follow();
  }

  buttons() {
    const acts = {
      "start-here": () => this.set("start", this.current(), false),
      "end-here": () => this.set("end", this.current() + 1, false),
      "whole-clip": () => {
        this.fields.start.value = "0";
        this.fields.end.value = String(this.frames);
        this.show();
      },
    };
    for (const [id, act] of Object.entries(acts)) {
      const button = byId(id);
      button.hidden = id !== "whole-clip" && !this.player;
      button.addEventListener("click", act);
    }
  }
}

customElements.define("trim-bar", TrimBar);
