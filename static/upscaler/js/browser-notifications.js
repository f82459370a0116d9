// Whether this browser notifies. Chrome on Android has a Notification that throws when one is made by a page.

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

/** Show one, or remember that there are none here. */
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
