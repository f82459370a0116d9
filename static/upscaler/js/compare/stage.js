// Paints both pictures of a frame onto one canvas: as a wipe, side by side, flipped, as a difference, magnified.

import { contextOf } from "../dom.js";

const LINE = "rgb(255 255 255 / 88%)";
const LENS_SHARE = 0.17; // radius of the loupe, of the picture's shorter side
const BRIGHTER = 2; // how often a difference is doubled

export const MODES = {
  wipe: "Wipe",
  "wipe-down": "Wipe (vertical)",
  side: "Side by side",
  flip: "Flip",
  difference: "Difference",
};

/** @typedef {{ across: number, down: number, x: number, y: number }} Point shares of the box, and of the picture */
/**
 * @typedef {object} View
 * @property {string} mode
 * @property {number} split share of the picture that is "before"
 * @property {number} zoom
 * @property {number} x centre of what is shown, in shares of the picture
 * @property {number} y
 * @property {string} flipped the side that is shown alone, or ""
 * @property {Point | null} loupe
 * @property {number} power of the loupe
 * @property {boolean} pixels whether "before" is shown in sharp pixels
 */

export class Stage {
  /** ratio: width / height of the picture */
  constructor(canvas, ratio) {
    this.canvas = canvas;
    this.context = contextOf(canvas, { alpha: false });
    this.ratio = ratio;
    /** @type {View} */
    this.view = {
      mode: "wipe",
      split: 0.5,
      zoom: 1,
      x: 0.5,
      y: 0.5,
      flipped: "",
      loupe: null,
      power: 3,
      pixels: false,
    };
  }

  /** Make the canvas as many pixels large as the screen has for it. */
  fit() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const density = window.devicePixelRatio || 1;
    const size = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))];
    if (this.canvas.width === size[0] && this.canvas.height === size[1]) return;
    [this.canvas.width, this.canvas.height] = size;
  }

  /** Where the pictures lie on the canvas: one box, or two for side by side. */
  boxes() {
    const { width, height } = this.canvas;
    const count = this.view.mode === "side" && !this.view.flipped ? 2 : 1;
    const room = width / count;
    const across = Math.min(room, height * this.ratio);
    const down = across / this.ratio;
    return Array.from({ length: count }, (_, at) => ({
      x: at * room + (room - across) / 2,
      y: (height - down) / 2,
      width: across,
      height: down,
    }));
  }

  /** The part of the picture that the zoom shows, in shares of it. */
  part() {
    const { zoom, x, y } = this.view;
    const size = 1 / zoom;
    const within = (centre) => Math.min(1 - size, Math.max(0, centre - size / 2));
    return { x: within(x), y: within(y), width: size, height: size };
  }

  /** A point of the screen as a share of the picture; null outside of it. */
  pointAt(clientX, clientY, { clamped = false } = {}) {
    const frame = this.canvas.getBoundingClientRect();
    const x = ((clientX - frame.left) / frame.width) * this.canvas.width;
    const y = ((clientY - frame.top) / frame.height) * this.canvas.height;
    const boxes = this.boxes();
    const box = boxes.find((candidate) => x <= candidate.x + candidate.width) ?? boxes[boxes.length - 1];
    let across = (x - box.x) / box.width;
    let down = (y - box.y) / box.height;
    if (clamped) [across, down] = [across, down].map((share) => Math.min(1, Math.max(0, share)));
    if (across < 0 || across > 1 || down < 0 || down > 1) return null;
    const part = this.part();
    return { across, down, x: part.x + across * part.width, y: part.y + down * part.height };
  }

  render(source) {
    const { context, canvas, view } = this;
    this.fit();
    context.fillStyle = "#05070a";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!source) return;
    context.imageSmoothingQuality = "high";
    const boxes = this.boxes();
    const part = this.part();
    if (view.flipped) this.paint(source, view.flipped, part, boxes[0]);
    else this[PAINTED[view.mode]](source, part, boxes);
    if (view.loupe) for (const [at, box] of boxes.entries()) this.paintLoupe(source, box, boxes.length > 1 ? at : -1);
  }

  paint(source, side, part, box) {
    this.context.imageSmoothingEnabled = !(this.view.pixels && side === "before");
    source.draw(this.context, side, part, box);
  }

  paintWipe(source, part, [box]) {
    this.paintSplit(source, part, box, { ...box, width: box.width * this.view.split });
    this.paintLine(box.x + box.width * this.view.split, box.y, 0, box.height);
  }

  paintWipeDown(source, part, [box]) {
    this.paintSplit(source, part, box, { ...box, height: box.height * this.view.split });
    this.paintLine(box.x, box.y + box.height * this.view.split, box.width, 0);
  }

  /** The picture after, and before over it within `clip`. */
  paintSplit(source, part, box, clip) {
    const { context } = this;
    this.paint(source, "after", part, box);
    context.save();
    context.beginPath();
    context.rect(clip.x, clip.y, clip.width, clip.height);
    context.clip();
    this.paint(source, "before", part, box);
    context.restore();
  }

  paintSide(source, part, [left, right]) {
    this.paint(source, "before", part, left);
    this.paint(source, "after", part, right);
  }

  paintFlip(source, part, [box]) {
    this.paint(source, "after", part, box);
  }

  paintDifference(source, part, [box]) {
    const { context } = this;
    context.save();
    this.paint(source, "after", part, box);
    context.globalCompositeOperation = "difference";
    this.paint(source, "before", part, box);
    context.globalCompositeOperation = "lighter";
    for (let time = 0; time < BRIGHTER; time += 1) context.drawImage(this.canvas, 0, 0);
    context.restore();
  }

  paintLine(x, y, width, height) {
    const { context } = this;
    const thick = Math.max(2, Math.round(2 * (window.devicePixelRatio || 1)));
    context.fillStyle = LINE;
    context.fillRect(x - (width ? 0 : thick / 2), y - (height ? 0 : thick / 2), width || thick, height || thick);
  }

  /** What lies under the pointer, enlarged: half a lens for each picture, or a lens on each of two. */
  paintLoupe(source, box, at) {
    const { context, view } = this;
    const { loupe } = view;
    if (!loupe) return;
    const radius = Math.min(box.width, box.height) * LENS_SHARE;
    const [x, y] = [box.x + loupe.across * box.width, box.y + loupe.down * box.height];
    const size = {
      width: (2 * radius) / (box.width * view.power * view.zoom),
      height: (2 * radius) / (box.height * view.power * view.zoom),
    };
    const part = { x: loupe.x - size.width / 2, y: loupe.y - size.height / 2, ...size };
    const to = { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
    const halves =
      at < 0
        ? [
            ["before", to.x, radius],
            ["after", x, radius],
          ]
        : [[["before", "after"][at], to.x, 2 * radius]];
    for (const [side, left, width] of halves) {
      context.save();
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.clip();
      context.beginPath();
      context.rect(left, to.y, width, to.height);
      context.clip();
      context.fillStyle = "#05070a";
      context.fillRect(to.x, to.y, to.width, to.height);
      this.paintWithin(source, side, part, to);
      context.restore();
    }
    context.strokeStyle = LINE;
    context.lineWidth = Math.max(2, (window.devicePixelRatio || 1) * 1.5);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    if (at < 0) {
      context.moveTo(x, y - radius);
      context.lineTo(x, y + radius);
    }
    context.stroke();
  }

  /** A part that may reach over the picture's edges: only what there is of it is painted. */
  paintWithin(source, side, part, to) {
    const left = Math.max(0, part.x);
    const top = Math.max(0, part.y);
    const width = Math.min(1, part.x + part.width) - left;
    const height = Math.min(1, part.y + part.height) - top;
    if (width <= 0 || height <= 0) return;
    const [across, down] = [to.width / part.width, to.height / part.height];
    const box = {
      x: to.x + (left - part.x) * across,
      y: to.y + (top - part.y) * down,
      width: width * across,
      height: height * down,
    };
    this.paint(source, side, { x: left, y: top, width, height }, box);
  }

  /** Both pictures beside each other in full size, as a canvas of their own, to be downloaded. */
  beside(source, width, height) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * width, height];
    const context = contextOf(canvas, { alpha: false });
    const whole = { x: 0, y: 0, width: 1, height: 1 };
    context.imageSmoothingQuality = "high";
    context.imageSmoothingEnabled = !this.view.pixels;
    source.draw(context, "before", whole, { x: 0, y: 0, width, height });
    source.draw(context, "after", whole, { x: width, y: 0, width, height });
    return canvas;
  }
}

const PAINTED = {
  wipe: "paintWipe",
  "wipe-down": "paintWipeDown",
  side: "paintSide",
  flip: "paintFlip",
  difference: "paintDifference",
};
