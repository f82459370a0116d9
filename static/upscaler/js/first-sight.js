// The example of an empty library: it plays without sound, and its divider moves slowly, until it is touched.

import "./compare-player.js";

const player = document.querySelector(".first-sight compare-player");
const SWING_SECONDS = 7;
const [FROM, TO] = [0.22, 0.78];
const prefersStillness = matchMedia("(prefers-reduced-motion: reduce)");
let isTouched = prefersStillness.matches;

/** From one side to the other and back, slowest at the ends; it begins in the middle. */
function swing(began, now) {
  if (isTouched || !player.isConnected) return;
  const share = 0.5 + 0.5 * Math.sin((2 * Math.PI * (now - began)) / (1000 * SWING_SECONDS));
  player.setSplit(FROM + (TO - FROM) * share);
  requestAnimationFrame((next) => swing(began, next));
}

/** The player stops moving by itself once it is used. */
function touched() {
  isTouched = true;
}

/** Pause while it is not visible. */
function look(entries) {
  const [entry] = entries;
  if (isTouched) return;
  if (entry.isIntersecting) player.moving.play().catch(() => {});
  else player.moving.pause();
}

if (player?.moving) {
  player.moving.master.muted = true;
  player.moving.master.loop = true;
  for (const kind of ["pointerdown", "keydown", "focusin"]) player.addEventListener(kind, touched, { once: true });
  prefersStillness.addEventListener("change", touched, { once: true });
  if (!isTouched) {
    new IntersectionObserver(look, { threshold: 0.3 }).observe(player);
    requestAnimationFrame((now) => swing(now, now));
  }
}
