// What happened elsewhere: jobs that ended while another page is looked at.
//
// Asked for while the tab is seen, and in the background too where notifications are allowed: a tab that is seen shows
// it, one in the background notifies, and neither takes it from the other. What is open goes along from page to page,
// in this tab's own storage. Of several tabs in the same place one says it: each claims before it shows, and of two that
// claim at once the one with the lower name goes on.

import { notifies, notify } from "./browser-notifications.js";
import { getJson } from "./http.js";

const EVERY_SECONDS = 15;
const LONG_SECONDS = 60;
const CLAIM_MS = 250;
const MOST = 3;
const KEY = "happened";

const region = document.getElementById("toasts");
const channel = new BroadcastChannel(`haloweb-${KEY}`);
const name = Math.random();
const claimed = new Set(); // by other tabs: "toast 7" or "notification 7"
const pending = new Set(); // by this one, not shown yet

// last: what was shown in this tab while it was seen; notified: what it has looked at in the background since
const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{"last":null,"notified":null,"open":[]}');
const keep = () => sessionStorage.setItem(KEY, JSON.stringify(kept));

channel.onmessage = ({ data }) => {
  for (const one of data.claims) {
    if (!pending.has(one) || data.name < name) claimed.add(one);
  }
};

function dismiss(number) {
  kept.open = kept.open.filter((one) => one.number !== number);
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
  const icon = document.createElement("i");
  icon.className = `icon ${isDone ? "check" : "triangle-alert"}`;
  const words = document.createElement("span");
  words.className = "words";
  const link = document.createElement("a");
  link.href = url;
  link.textContent = title;
  words.append(link, document.createTextNode(` ${text}`));
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", `Dismiss: ${title} ${text}`);
  close.append(Object.assign(document.createElement("i"), { className: "icon x" }));
  close.addEventListener("click", () => dismiss(number));
  toast.append(icon, words, close);
  region.append(toast);
}

/** Those that no other tab in the same place says. */
async function claim(kind, ended) {
  const claimOf = ({ number }) => `${kind} ${number}`;
  const free = ended.filter((one) => !claimed.has(claimOf(one)));
  if (!free.length) return [];
  const claims = free.map(claimOf);
  for (const one of claims) pending.add(one);
  channel.postMessage({ name, claims });
  await new Promise((resolve) => setTimeout(resolve, CLAIM_MS));
  for (const one of claims) pending.delete(one);
  return free.filter((one) => !claimed.has(claimOf(one)));
}

async function showAll(ended) {
  for (const one of await claim("toast", ended)) {
    // its own page says it or has said it, and so does that of its comparison
    if (location.pathname.startsWith(one.url) || sessionStorage.getItem(`seen ${one.url}`) !== null) continue;
    kept.open.push(one);
    show(one);
  }
  for (const one of kept.open.slice(0, -MOST)) dismiss(one.number);
}

async function notifyOfAll(ended) {
  const long = ended.filter(({ seconds }) => seconds >= LONG_SECONDS);
  for (const { job, title, text, url } of await claim("notification", long)) notify(`${title} ${text}`, job, url);
}

async function ask() {
  const isSeen = !document.hidden;
  if (!isSeen && !notifies()) return;
  const after = isSeen ? kept.last : (kept.notified ?? kept.last);
  let found;
  try {
    const query = after === null ? "" : `?after=${after}`;
    found = await getJson(`${region.dataset.happened}${query}`);
  } catch {
    return; // the server is away, or nobody is logged in: the next round asks again
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
