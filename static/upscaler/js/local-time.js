// <local-time>: a moment in the reader's own time zone. The server writes it in UTC and says so.

import { date, dateAndTime } from "./format.js";

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    if (time) time.textContent = (this.dataset.shows === "date" ? date : dateAndTime)(time.dateTime);
  }
}

customElements.define("local-time", LocalTime);
