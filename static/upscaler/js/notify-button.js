// "Notify me when done": asks for the permission to notify. js/toasts.js then notifies of every long job.

import { canNotify } from "./browser-notifications.js";

const button = document.getElementById("notify");

function show() {
  const isOffered = canNotify() && Notification.permission !== "denied";
  button.classList.toggle("is-offered", isOffered);
  if (!isOffered || Notification.permission !== "granted") return;
  button.disabled = true;
  button.querySelector("span").textContent = "Notifications on";
}

if (button) {
  button.addEventListener("click", async () => {
    await Notification.requestPermission();
    show();
  });
  show();
}
