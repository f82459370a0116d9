// The keyboard shortcuts of the comparison, in one table for the player and its help.

/** @type {[string[], string, string, string][]} names in KeyboardEvent.key, how they are shown, what they do, action */
export const KEYS = [
  [[" ", "k"], "Space", "Play or pause", "toggle"],
  [[",", "ArrowLeft"], "← ,", "Previous frame", "back"],
  [[".", "ArrowRight"], "→ .", "Next frame", "on"],
  [["j"], "J", "Back 5 seconds", "jumpBack"],
  [["l"], "L", "Forward 5 seconds", "jumpOn"],
  [["Home", "0"], "Home", "Go to the start", "start"],
  [["["], "[", "Move the divider to show more of “after”", "less"],
  [["]"], "]", "Move the divider to show more of “before”", "more"],
  [["b"], "Hold B", "Show only “before”", "holdBefore"],
  [["a"], "Hold A", "Show only “after”", "holdAfter"],
  [["1"], "1", "Wipe", "mode:wipe"],
  [["2"], "2", "Wipe (vertical)", "mode:wipe-down"],
  [["3"], "3", "Side by side", "mode:side"],
  [["4"], "4", "Flip", "mode:flip"],
  [["5"], "5", "Difference", "mode:difference"],
  [["z"], "Z", "Magnifier, at the pointer or in the middle", "loupe"],
  [["+", "="], "+", "Zoom in", "closer"],
  [["-"], "−", "Zoom out", "further"],
  [["p"], "P", "Show “before” with sharp or smooth pixels", "pixels"],
  [["i"], "I", "Start loop here", "loopFrom"],
  [["o"], "O", "End loop here", "loopTo"],
  [["x"], "X", "Stop looping", "loopOff"],
  [["<"], "<", "Slower", "slower"],
  [[">"], ">", "Faster", "faster"],
  [["m"], "M", "Mute or unmute", "mute"],
  [["f"], "F", "Full screen", "full"],
  [["?"], "?", "Keyboard shortcuts", "help"],
];

const ACTIONS = new Map(KEYS.flatMap(([names, , , action]) => names.map((name) => [name, action])));

/** What a key does; undefined for one that has its own meaning where the focus is. */
export function actionOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const at = event.target instanceof Element ? event.target : document.body;
  if (
    at.closest(
      "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable], dialog[open], video[controls]",
    )
  )
    return undefined;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const moves = ["ArrowLeft", "ArrowRight", "Home", "End"].includes(name);
  if (moves && at.closest("input[type=range], [role=tablist]")) return undefined;
  if ((name === " " || name === "Enter") && at.closest("button, a, summary, input")) return undefined;
  return ACTIONS.get(event.key) ?? ACTIONS.get(name);
}

/** The help: a dialog with every key. */
export function helpDialog() {
  const dialog = document.createElement("dialog");
  dialog.className = "keys";
  const heading = document.createElement("h2");
  heading.textContent = "Keyboard shortcuts";
  const list = document.createElement("dl");
  for (const [, shown, words] of KEYS) {
    const key = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = shown;
    key.append(kbd);
    const what = document.createElement("dd");
    what.textContent = words;
    list.append(key, what);
  }
  const form = document.createElement("form");
  form.method = "dialog";
  const close = document.createElement("button");
  close.className = "button small";
  close.textContent = "Close";
  form.append(close);
  dialog.append(form, heading, list);
  return dialog;
}
