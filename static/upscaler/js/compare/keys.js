// The keys of the comparison, in one table: the player obeys it, and its help is written from it.

/** Each: the keys by their names in KeyboardEvent.key, how they are shown, what they do, and the action. */
export const KEYS = [
  [[" ", "k"], "Space", "Play, pause", "toggle"],
  [[",", "ArrowLeft"], "← ,", "One frame back", "back"],
  [[".", "ArrowRight"], "→ .", "One frame on", "on"],
  [["j"], "J", "Five seconds back", "jumpBack"],
  [["l"], "L", "Five seconds on", "jumpOn"],
  [["Home", "0"], "Home", "To the beginning", "start"],
  [["["], "[", "Move the line: more of the picture after", "less"],
  [["]"], "]", "Move the line: more of the picture before", "more"],
  [["b"], "B, held", "Only the picture before", "holdBefore"],
  [["a"], "A, held", "Only the picture after", "holdAfter"],
  [["1"], "1", "Wipe", "mode:wipe"],
  [["2"], "2", "Wipe downwards", "mode:wipe-down"],
  [["3"], "3", "Side by side", "mode:side"],
  [["4"], "4", "Flip", "mode:flip"],
  [["5"], "5", "Difference", "mode:difference"],
  [["z"], "Z", "Loupe, at the pointer or in the middle", "loupe"],
  [["+", "="], "+", "Closer", "closer"],
  [["-"], "−", "Further away", "further"],
  [["p"], "P", "The picture before in sharp pixels, or smooth", "pixels"],
  [["i"], "I", "Loop from here", "loopFrom"],
  [["o"], "O", "Loop to here", "loopTo"],
  [["x"], "X", "Loop no more", "loopOff"],
  [["<"], "<", "Slower", "slower"],
  [[">"], ">", "Faster", "faster"],
  [["m"], "M", "Sound on, off", "mute"],
  [["f"], "F", "Full screen", "full"],
  [["?"], "?", "This list", "help"],
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
  heading.textContent = "Keys";
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
