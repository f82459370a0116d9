// The held-out frames of a run: one of them, as two of its pictures, at the snapshot that the scrubber selects.

import { clock } from "../format.js";
import { placeAfter } from "./points.js";

/** @typedef {import("./points.js").Point} Point */

const NAMES = { before: "Bicubic", truth: "Truth" };
const SMALL = 400;
/** Pictures of samples are this small: their pixels are shown twice as large, and sharp. */

const byId = (id) => document.getElementById(id);

export class HeldOut {
  /**
   * @param {string} url the URL of a picture, with NAME for its name
   * @param {(step: number | null) => void} onStep called with the step that is shown
   */
  constructor(url, onStep) {
    this.url = url;
    this.onStep = onStep;
    this.count = 0;
    this.example = 0;
    /** @type {Point[]} */
    this.snapshots = [];
    this.scrub = byId("scrub");
    this.scrub.addEventListener("input", () => this.render());
    byId("against").addEventListener("change", () => this.render());
    byId("example").addEventListener("change", (event) => {
      this.example = Number(event.target.value);
      this.render();
    });
  }

  /** Show that there are pictures of so many frames, and whether also as the weights before show them. */
  setPictures(count, hasBase) {
    byId("against").querySelector("[data-base]").hidden = !hasBase;
    if (count !== this.count) {
      this.count = count;
      const choices = byId("example");
      const legend = choices.querySelector("legend");
      choices.replaceChildren(legend, ...Array.from({ length: count }, (_, number) => this.choice(number)));
      choices.hidden = count < 2;
    }
    this.render();
  }

  choice(number) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "example";
    input.value = String(number);
    input.checked = number === this.example;
    const text = document.createElement("span");
    text.textContent = String(number + 1);
    label.append(input, text);
    return label;
  }

  /** Let the scrubber select among the snapshots of these points.
   * @param {Point[]} points */
  setPoints(points) {
    const before = this.snapshots.map((point) => point.step);
    const at = Number(this.scrub.value);
    this.snapshots = points.filter((point) => point.has_snapshot);
    const after = this.snapshots.map((point) => point.step);
    this.scrub.max = String(Math.max(0, after.length - 1));
    this.scrub.value = String(placeAfter(before, at, after));
    this.render();
  }

  render() {
    const point = this.snapshots[Number(this.scrub.value)];
    byId("held-out").hidden = !point;
    const isShown = Boolean(point) && point.has_pictures && this.count > 0;
    byId("slider").hidden = !isShown;
    byId("against").hidden = !isShown;
    byId("example").hidden = !isShown || this.count < 2;
    this.onStep(point ? point.step : null);
    if (!point) return;
    const score = point.score === null ? "" : ` · ${point.score.toFixed(2)} dB`;
    const text = `Step ${point.step.toLocaleString("en")} · ${clock(point.seconds)}${score}`;
    byId("moment").textContent = text;
    this.scrub.setAttribute("aria-valuetext", text);
    this.scrub.disabled = this.snapshots.length < 2;
    if (isShown) this.showPair(point);
  }

  async showPair(point) {
    const checked = byId("against").querySelector(":checked");
    const against = checked.closest("label").hidden ? "before" : checked.value;
    const slider = byId("slider");
    const after = this.picture(String(point.step).padStart(8, "0"));
    if (!(await slider.show(this.picture(against), after))) return;
    const name = NAMES[against] ?? checked.closest("label").textContent.trim();
    this.name(slider, ".before", ".left", name);
    this.name(slider, ".after", ".right", `Step ${point.step.toLocaleString("en")}`);
    const picture = slider.querySelector(".after");
    slider.style.setProperty("--ratio", String(picture.naturalWidth / picture.naturalHeight));
    slider.classList.toggle("is-small", picture.naturalWidth < SMALL);
  }

  name(slider, picture, tag, name) {
    slider.querySelector(picture).alt = `Held-out frame: ${name}`;
    const text = slider.querySelector(`.tag${tag}`);
    if (text) text.textContent = name;
  }

  picture(shows) {
    return this.url.replace("NAME", `${this.example}-${shows}.webp`);
  }
}
