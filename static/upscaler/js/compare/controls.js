// The controls of the comparison. Each names an action of actions.js; show() updates them all.

import { targetOf } from "../dom.js";
import { timecode } from "../format.js";
import { changeIcon, icon } from "../icon.js";
import { MODES } from "./stage.js";

const MODE_ICONS = {
  wipe: "square-split-horizontal",
  "wipe-down": "square-split-vertical",
  side: "columns-2",
  flip: "flip-horizontal-2",
  difference: "blend",
};
const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2];

/** An element with attributes and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function button(action, name, words, keys) {
  return make(
    "button",
    {
      type: "button",
      class: "tool",
      "data-action": action,
      "aria-label": words,
      title: words,
      "aria-keyshortcuts": keys,
    },
    icon(name),
  );
}

function options(select, pairs, chosen) {
  for (const [value, words] of pairs) select.append(make("option", { value, selected: value === chosen }, words));
  return select;
}

export class Controls {
  /** data: what the page says of the comparison; act(action): does what a control names */
  constructor(data, act) {
    this.data = data;
    this.seek = make("input", {
      type: "range",
      class: "seek",
      min: 0,
      max: Math.max(0, data.frames - 1),
      value: 0,
      step: 1,
      "aria-label": "Time",
    });
    this.seek.addEventListener("input", () => act(`seek:${this.seek.value}`));
    this.play = button("toggle", "play", "Play", "Space K");
    this.time = make("output", { class: "time tabular", "aria-live": "off" });
    this.speed = options(
      make("select", { class: "player-select", "aria-label": "Speed" }),
      SPEEDS.map((speed) => [String(speed), `${speed}×`]),
      "1",
    );
    this.speed.addEventListener("change", () => act(`speed:${this.speed.value}`));
    this.sound = this.makeSound(act);
    this.modes = make("div", { class: "modes", role: "group", "aria-label": "View mode" });
    for (const [at, [mode, words]] of Object.entries(MODES).entries()) {
      this.modes.append(button(`mode:${mode}`, MODE_ICONS[mode], words, String(at + 1)));
    }
    this.loupe = button("loupe", "zoom-in", "Magnifier", "Z");
    this.loop = button("loop", "repeat", "Start loop here", "I O X");
    this.link = button("link", "link", "Copy a link to this moment", null);
    this.picture = button("picture", "image-down", "Save this frame, side by side", null);
    this.picture.hidden = data.saves === false;
    this.full = button("full", "maximize", "Full screen", "F");
    this.note = make("p", { class: "drift", role: "status", hidden: true });
    const moving = [
      button("back", "step-back", "Previous frame", "ArrowLeft"),
      this.play,
      button("on", "step-forward", "Next frame", "ArrowRight"),
      this.time,
    ];
    const sound = this.sound ? [this.sound] : [];
    const shown = [
      this.modes,
      this.loupe,
      this.loop,
      this.speed,
      ...sound,
      this.picture,
      this.link,
      button("help", "circle-question-mark", "Keyboard shortcuts", "?"),
      this.full,
    ];
    this.marks = make("div", { class: "loop-marks", hidden: true });
    const scrub = make("div", { class: "scrub" }, this.marks, this.seek);
    this.bar = make(
      "div",
      { class: "tools", role: "toolbar", "aria-label": "Comparison" },
      make("div", { class: "moving" }, ...moving),
      make("div", { class: "shown" }, ...shown),
    );
    this.element = make("div", { class: "controls" }, scrub, this.bar, this.note);
    this.element.addEventListener("click", (event) => {
      const at = targetOf(event).closest("[data-action]");
      if (at) act(at.dataset.action);
    });
    for (const control of data.moves ? [] : [scrub, ...moving, this.speed, this.loop, ...sound]) control.hidden = true;
  }

  makeSound(act) {
    if (!this.data.hasSound) return null;
    const names = [
      ["after", "Sound after"],
      ...(this.data.soundBefore ? [["before", "Sound before"]] : []),
      ["off", "Sound off"],
    ];
    const select = options(make("select", { class: "player-select", "aria-label": "Sound" }), names, "after");
    select.addEventListener("change", () => act(`sound:${select.value}`));
    return select;
  }

  /** state: { said, frame, playing, speed, sound, mode, loupe, loop, drift, isFull } */
  show(state) {
    const { rate, frames } = this.data;
    const frame = Math.max(0, state.frame);
    this.seek.value = String(frame);
    const code = timecode(frame, rate);
    this.seek.setAttribute("aria-valuetext", `${code}, frame ${frame} of ${frames}`);
    this.seek.style.setProperty("--done", `${(100 * frame) / Math.max(1, frames - 1)}%`);
    this.time.textContent = `${code} · ${String(frame).padStart(String(frames).length, "0")} / ${frames}`;
    this.name(this.play, state.playing ? "pause" : "play", state.playing ? "Pause" : "Play");
    if (this.speed.value !== String(state.speed)) this.speed.value = String(state.speed);
    if (this.sound && this.sound.value !== state.sound) this.sound.value = state.sound;
    for (const mode of this.modes.children)
      mode.setAttribute("aria-pressed", String(mode.dataset.action === `mode:${state.mode}`));
    this.loupe.setAttribute("aria-pressed", String(state.loupe));
    this.name(this.full, "maximize", state.isFull ? "Exit full screen" : "Full screen");
    this.showLoop(state.loop, frames);
    this.note.textContent = noteOf(state);
    this.note.hidden = !this.note.textContent;
  }

  showLoop({ from, to }, frames) {
    const [words, on] =
      from === null ? ["Start loop here", false] : to === null ? ["End loop here", true] : ["Stop looping", true];
    this.name(this.loop, "repeat", words);
    this.loop.setAttribute("aria-pressed", String(on));
    this.marks.hidden = from === null;
    if (from === null) return;
    const share = (frame) => `${(100 * frame) / Math.max(1, frames - 1)}%`;
    this.marks.style.setProperty("--from", share(from));
    this.marks.style.setProperty("--to", share(to ?? from));
  }

  name(button, iconName, label) {
    if (button.getAttribute("aria-label") === label) return;
    button.setAttribute("aria-label", label);
    button.title = label;
    changeIcon(button.firstElementChild, iconName);
  }
}

function noteOf({ said, drift }) {
  if (said) return said;
  return drift > 1 ? `The two videos are ${drift} frames apart; both sides always show the same frame.` : "";
}

export { SPEEDS };
