// Requests to this server: with the current CSRF token, and a notice on the page when the session has ended.

const LOGGED_OUT = 401;

/** The session has ended. */
export class LoggedOutError extends Error {}

/** The CSRF token: the cookie, which is newer than the page after a log-in in another tab. */
export const csrf = () =>
  document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ??
  document.querySelector("[name=csrfmiddlewaretoken]")?.value ??
  "";

/** Show or hide the notice that asks to log in again. */
export function showLoggedOut(isLoggedOut) {
  const notice = document.getElementById("logged-out");
  if (!notice || notice.hidden !== isLoggedOut) return;
  const link = notice.querySelector("a");
  link.search = new URLSearchParams({ next: location.pathname + location.search });
  notice.hidden = !isLoggedOut;
}

/** As fetch; when the session has ended, the response is 401 instead of the log-in page. */
export async function request(url, options = {}) {
  options.body?.delete("csrfmiddlewaretoken"); // the page's may be old, and would count before the header
  const headers = { Accept: "application/json", "X-CSRFToken": csrf(), ...options.headers };
  const response = await fetch(url, { ...options, headers });
  showLoggedOut(response.status === LOGGED_OUT);
  return response;
}

async function checkedResponse(url) {
  const response = await request(url);
  if (response.status === LOGGED_OUT) throw new LoggedOutError(`logged out at ${url}`);
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  return response;
}

/** Return the JSON of a URL. Throws LoggedOutError, or an Error for any other response that is not ok. */
export async function getJson(url) {
  return (await checkedResponse(url)).json();
}

/** Return a page as a document. Throws as getJson does. */
export async function getPage(url) {
  return new DOMParser().parseFromString(await (await checkedResponse(url)).text(), "text/html");
}
