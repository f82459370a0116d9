// Questions to this server: with the token of now, and a word on the page where nobody is logged in any more.

const LOGGED_OUT = 401;

/** Nobody is logged in here any more. */
export class LoggedOut extends Error {}

/** The cookie is newer than the page when somebody logged in again in another tab. */
export const csrf = () =>
  document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ??
  document.querySelector("[name=csrfmiddlewaretoken]")?.value ??
  "";

/** Until an answer comes that is for somebody who is. */
export function sayLoggedOut(isLoggedOut) {
  const notice = document.getElementById("logged-out");
  if (!notice || notice.hidden !== isLoggedOut) return;
  const link = notice.querySelector("a");
  link.search = new URLSearchParams({ next: location.pathname + location.search });
  notice.hidden = !isLoggedOut;
}

/** As fetch; where nobody is logged in the answer is 401 and not the page to log in. */
export async function ask(url, options = {}) {
  options.body?.delete("csrfmiddlewaretoken"); // the page's may be an old one, and would count before the header
  const headers = { Accept: "application/json", "X-CSRFToken": csrf(), ...options.headers };
  const response = await fetch(url, { ...options, headers });
  sayLoggedOut(response.status === LOGGED_OUT);
  return response;
}

async function answer(url) {
  const response = await ask(url);
  if (response.status === LOGGED_OUT) throw new LoggedOut(`logged out at ${url}`);
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  return response;
}

/** What a question is answered with. Throws LoggedOut, and an Error where there is no such answer. */
export async function askJson(url) {
  return (await answer(url)).json();
}

/** A page as it is now. Throws as askJson does. */
export async function askPage(url) {
  return new DOMParser().parseFromString(await (await answer(url)).text(), "text/html");
}
