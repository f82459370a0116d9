// What every page does: ask for confirmation, close menus, send forms with the current CSRF token, and show nothing
// after a log-out.

import { formOf } from "./dom.js";
import { csrf } from "./http.js";
import "./local-time.js";

const dialog = document.getElementById("confirm");

document.addEventListener("submit", (event) => {
  const form = formOf(event);
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  dialog.querySelector("p").textContent = form.dataset.confirm;
  dialog.querySelector("[value=yes]").textContent = form.dataset.yes ?? "Continue";
  dialog.querySelector("[value=no]").textContent = form.dataset.no ?? "Cancel";
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "yes";
    form.requestSubmit();
    delete form.dataset.confirmed; // the listeners have run: the next press asks again
  };
  dialog.showModal();
});

// before all other listeners: the token changes when somebody logs in again in another tab
document.addEventListener(
  "submit",
  (event) => {
    const { elements } = formOf(event);
    if (elements.csrfmiddlewaretoken) elements.csrfmiddlewaretoken.value = csrf();
  },
  true,
);

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});

// The browser keeps a page and shows it again on "Back". The token changes at each log-in and log-out, so that an old
// page is recognised without asking the server.
const token = csrf();
addEventListener("pageshow", (event) => {
  if (!event.persisted || csrf() === token) return;
  document.body.hidden = true;
  location.reload();
});
