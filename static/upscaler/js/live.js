// Watches one video or one job: by websocket, and by polling every three seconds while that is down.
//
// Every event has a number, and the page's snapshot has the last one. After a break the socket is opened with the last
// number that was received, and continues from there.

import { getPage, request, showLoggedOut } from "./http.js";
import { morph } from "./morph.js";

const POLL_SECONDS = 3;
const LONGEST_WAIT_SECONDS = 15;
const LOGGED_OUT = 4401;
const NOT_FOUND = 4404;

/**
 * @param {object} options
 * @param {string} options.socket path of the websocket
 * @param {string} options.status path of the JSON snapshot
 * @param {any} options.snapshot what the page was made from
 * @param {Record<string, (payload: any) => void>} options.handlers one function for each kind of payload
 * @param {(state: "live"|"polling"|"ended") => void} options.onState
 */
export function watch({ socket, status, snapshot, handlers, onState }) {
  let last = snapshot.last;
  let tries = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let polling;
  let ended = false;
  /** @type {WebSocket | null} */
  let connection = null;

  const handle = (payload) => handlers[payload.kind]?.(payload);

  function connect() {
    if (ended) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    try {
      connection = new WebSocket(`${scheme}//${location.host}${socket}?after=${last}`);
    } catch {
      broken();
      return;
    }
    connection.onmessage = (event) => {
      const message = JSON.parse(event.data);
      tries = 0;
      stopPolling();
      onState("live");
      last = message.seq;
      handle(message.payload);
    };
    connection.onclose = (event) => {
      connection = null;
      if (event.code === NOT_FOUND) {
        end();
        return;
      }
      if (event.code === LOGGED_OUT) showLoggedOut(true);
      broken(); // it continues after a log-in in another tab
    };
  }

  function broken() {
    if (ended) return;
    onState("polling");
    startPolling();
    tries += 1;
    const wait = Math.min(LONGEST_WAIT_SECONDS, 0.5 * 2 ** tries);
    setTimeout(connect, wait * (0.5 + Math.random()) * 1000); // not all pages at the same moment
  }

  function startPolling() {
    if (polling !== undefined) return;
    poll();
    polling = setInterval(poll, POLL_SECONDS * 1000);
  }

  function stopPolling() {
    clearInterval(polling);
    polling = undefined;
  }

  async function poll() {
    try {
      const response = await request(status);
      if (response.status === 404) end();
      if (!response.ok) return;
      const current = await response.json();
      if (polling === undefined || ended || current.last < last) return;
      last = current.last;
      handle(current);
    } catch {
      // the server is away: the next round asks again
    }
  }

  function end() {
    ended = true;
    stopPolling();
    connection?.close();
    onState("ended");
  }

  if (snapshot.is_final) {
    ended = true;
    onState("ended");
  } else {
    connect();
  }
  return { end };
}

/** This page, requested again. A page that can be the response to a form has its URL in data-page. */
const freshPage = () => getPage(document.getElementById("main")?.dataset.page ?? location.href);

/** Fetch this page again and put its fresh parts in the place of the old ones. Throws as getJson does. */
export async function refresh(...ids) {
  const page = await freshPage();
  for (const id of ids) {
    const fresh = page.getElementById(id);
    if (fresh) document.getElementById(id)?.replaceWith(document.adoptNode(fresh));
  }
}

/** Refresh, and try again until the server responds: no other event follows. */
export async function refreshAtLast(...ids) {
  for (;;) {
    try {
      await refresh(...ids);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, POLL_SECONDS * 1000));
    }
  }
}

/** Update one part in place, so that a link that is about to be clicked stays. */
export async function morphFromServer(id) {
  const fresh = (await freshPage()).getElementById(id);
  const old = document.getElementById(id);
  if (fresh && old) morph(old, fresh);
}
