// Notices of jobs that ended while another page is shown.
//
// They are asked for while the tab is visible, and in the background too where notifications are allowed: a visible tab
// shows a toast, one in the background notifies, and neither takes it from the other. Open toasts go along from page to
// page in this tab's session storage. Of several tabs in the same place, one shows each notice.

import { notifies, notify } from "./browser-notifications.js";
import { getJson } from "./http.js";
import { icon } from "./icon.js";
import { ToastClaims } from "./toast-claims.js";

const EVERY_SECONDS = 15;
const LONG_SECONDS = 60;
const MAX_OPEN = 3;
const KEY = "notifications";

const region = document.getElementById("toasts");
const claims = new ToastClaims(new BroadcastChannel(`haloweb-${KEY}`));

// last: the last event that was shown in this tab; notified: the last one that it handled in the background
const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{"last":null,"notified":null,"open":[]}');
const keep = () => sessionStorage.setItem(KEY, JSON.stringify(kept));

function dismiss(number) {
  kept.open = kept.open.filter((notice) => notice.number !== number);
  keep();
  const toast = region.querySelector(`[data-number="${number}"]`);
  const next = toast?.nextElementSibling ?? toast?.previousElementSibling;
  const hadFocus = toast?.contains(document.activeElement);
  toast?.remove();
  if (!hadFocus) return;
  const main = document.getElementById("main");
  main.tabIndex = -1;
  (next?.querySelector("button") ?? main).focus({ preventScroll: true });
}

function show({ number, title, text, url, is_done: isDone }) {
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.dataset.number = number;
  toast.classList.toggle("is-done", isDone);
  const words = document.createElement("span");
  words.className = "item-text";
  const link = document.createElement("a");
  link.href = url;
  link.textContent = title;
  words.append(link, document.createTextNode(` ${text}`));
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", `Dismiss: ${title} ${text}`);
  close.append(icon("x"));
  close.addEventListener("click", () => dismiss(number));
  toast.append(icon(isDone ? "check" : "triangle-alert"), words, close);
  region.append(toast);
}

/** @param {import("./toast-claims.js").Notice[]} ended */
async function showAll(ended) {
  for (const one of await claims.claim("toast", ended)) {
    // the pages of the job and of its comparison show it themselves
    if (location.pathname.startsWith(one.url) || sessionStorage.getItem(`seen ${one.url}`) !== null) continue;
    kept.open.push(one);
    show(one);
  }
  for (const one of kept.open.slice(0, -MAX_OPEN)) dismiss(one.number);
}

/** @param {import("./toast-claims.js").Notice[]} ended */
async function notifyOfAll(ended) {
  const long = ended.filter(({ seconds }) => seconds >= LONG_SECONDS);
  for (const { job, title, text, url } of await claims.claim("notification", long))
    notify(`${title} ${text}`, job, url);
}

async function ask() {
  const isSeen = !document.hidden;
  if (!isSeen && !notifies()) return;
  const after = isSeen ? kept.last : (kept.notified ?? kept.last);
  let found;
  try {
    const query = after === null ? "" : `?after=${after}`;
    found = await getJson(`${region.dataset.notifications}${query}`);
  } catch {
    return; // the server can't be reached, or nobody is logged in: the next round asks again
  }
  await (isSeen ? showAll : notifyOfAll)(found.ended);
  kept.notified = found.last;
  if (isSeen) kept.last = found.last;
  else kept.last ??= found.last;
  keep();
}

let asked = 0;
async function round() {
  if (Date.now() - asked < 10_000) return;
  asked = Date.now();
  await ask();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], details.menu[open]"))
    return;
  for (const { number } of [...kept.open]) dismiss(number);
});
document.addEventListener("visibilitychange", round);

kept.open = kept.open.filter(({ url }) => !location.pathname.startsWith(url));
keep();
kept.open.forEach(show);
round();
setInterval(round, EVERY_SECONDS * 1000 * (0.9 + 0.2 * Math.random()));
