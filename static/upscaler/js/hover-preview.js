// Plays the preview of a card's result while the pointer or the focus is on it. Nothing is loaded before.

import { targetOf } from "./dom.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
/** @type {HTMLVideoElement | null} */
let playing = null;

function begin(card) {
  const poster = card?.querySelector("[data-hover]");
  if (playing?.parentElement === poster) return;
  end();
  if (!poster || still.matches) return;
  playing = document.createElement("video");
  Object.assign(playing, { className: "sweep", muted: true, loop: true, playsInline: true, src: poster.dataset.hover });
  playing.setAttribute("aria-hidden", "true");
  poster.append(playing);
  playing.play().catch(() => {}); // taken away before it began
}

function end() {
  playing?.remove();
  playing = null;
}

const cardOf = (event) => targetOf(event).closest?.(".card");

document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && begin(cardOf(event)));
document.addEventListener("focusin", (event) => targetOf(event).matches(":focus-visible") && begin(cardOf(event)));
document.addEventListener("focusout", end);
