// Questions to this server: with the token of now, and a word on the page where nobody is logged in any more.

const LOGGED_OUT = 401;

/** Nobody is logged in here any more. */
export class LoggedOutError extends Error {}

/** The cookie is newer than the page when somebody logged in again in another tab. */
export const csrf = () =>
  document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ??
  document.querySelector("[name=csrfmiddlewaretoken]")?.value ??
  "";

/** Until an answer comes that is for somebody who is. */
export function showLoggedOut(isLoggedOut) {
  const notice = document.getElementById("logged-out");
  if (!notice || notice.hidden !== isLoggedOut) return;
  const link = notice.querySelector("a");
  link.search = new URLSearchParams({ next: location.pathname + location.search });
  notice.hidden = !isLoggedOut;
}

/** As fetch; where nobody is logged in the answer is 401 and not the page to log in. */
export async function request(url, options = {}) {
  options.body?.delete("csrfmiddlewaretoken"); // the page's may be an old one, and would count before the header
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

/** What a question is answered with. Throws LoggedOutError, and an Error where there is no such answer. */
export async function getJson(url) {
  return (await checkedResponse(url)).json();
}

/** A page as it is now. Throws as getJson does. */
export async function getPage(url) {
  return new DOMParser().parseFromString(await (await checkedResponse(url)).text(), "text/html");
}
