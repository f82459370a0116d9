// Notifications of the browser. In Chrome on Android, the Notification of a page throws when it is constructed.

const KEY = "haloweb-can-not-notify";

/** Can notifications be made here, if the person allows them? */
export function canNotify() {
  if (!isSecureContext || !("Notification" in window) || localStorage.getItem(KEY)) return false;
  if (Notification.permission === "granted") return true; // to try it would show one
  try {
    new Notification("");
    return true;
  } catch {
    return false;
  }
}

export const notifies = () => window.Notification?.permission === "granted" && canNotify();

/** Show a notification, or remember that this browser has none. */
export function notify(text, tag, url) {
  try {
    const notification = new Notification(text, { tag });
    notification.onclick = () => {
      focus();
      location.assign(url);
    };
  } catch {
    localStorage.setItem(KEY, "1");
  }
}
