// What the tray says of all uploads together, and what is announced when one of them changes.

import { clock, plural } from "../format.js";

/** @typedef {import("./upload-queue.js").Item} Item */
/** @typedef {import("./upload-queue.js").Standing} Standing */

/**
 * One line for all uploads.
 * @param {Item[]} items
 * @param {(item: Item) => Standing} standingOf
 */
export function summary(items, standingOf) {
  const files = items.filter((item) => item.state !== "left");
  const count = (...states) => files.filter((item) => states.includes(item.state)).length;
  if (count("storing", "waiting")) return progressOf(files, files.map(standingOf), count("done"));
  const counts = [
    [count("wrong", "lost"), "failed"],
    [count("held"), "paused"],
    [count("done"), "uploaded"],
  ];
  const parts = counts.filter(([number]) => number).map(([number, word]) => `${number} ${word}`);
  return parts.join(", ") || "Skipped";
}

function progressOf(files, standings, done) {
  const stuck = standings.find(({ state }) => state === "stuck");
  if (stuck && !standings.some(({ state }) => state === "sending")) return stuck.said;
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const remaining = total(files.map(({ size }) => size)) - total(standings.map(({ sent }) => sent));
  const speed = total(standings.map((standing) => standing.speed));
  const timeLeft = speed ? `, ${clock(remaining / speed)} left` : "";
  return `Uploading ${Math.min(done + 1, files.length)} of ${files.length}${timeLeft}`;
}

/**
 * The share of all bytes that has been sent, 0 to 1.
 * @param {Item[]} items
 * @param {(item: Item) => Standing} standingOf
 */
export function shareSent(items, standingOf) {
  const files = items.filter((item) => item.state !== "left" && item.state !== "wrong");
  const total = files.reduce((sum, item) => sum + item.size, 0);
  return total ? files.reduce((sum, item) => sum + standingOf(item).sent, 0) / total : 0;
}

/**
 * What a screen reader announces when an upload has come into its state; "" for states that need no words.
 * @param {Item} item
 * @param {Standing} standing
 */
export function announcement(item, { state, said }) {
  if (state === "done") return `${item.name} uploaded.`;
  if (["wrong", "lost", "stuck"].includes(state)) return `${item.name}: ${said}`;
  if (state === "left") return `Skipped ${plural(item.names.length + item.unread.length, "file")}.`;
  return state === "held" ? `${item.name} is paused.` : "";
}
