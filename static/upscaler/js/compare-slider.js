// <compare-slider>: two pictures on top of each other, and a line that is dragged between them.
//
// Holds an img.before and an img.after. A range input under the pointer makes it work by keyboard
// and for screen readers too.

import { icon } from "./icon.js";

class CompareSlider extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("input")) return;
    const [width, height] = (this.dataset.ratio ?? "4/3").split("/").map(Number);
    this.style.setProperty("--ratio", String(width / height));
    const input = document.createElement("input");
    input.type = "range";
    input.min = "0";
    input.max = "1000";
    input.value = "500";
    input.setAttribute("aria-label", "Position of the divider");
    input.addEventListener("input", () => this.place(Number(input.value) / 10));
    const handle = document.createElement("span");
    handle.className = "handle";
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.append(icon("chevrons-left-right"));
    handle.append(grip);
    this.append(this.tag("Before", "left"), this.tag("After", "right"), handle, input);
    this.addEventListener("pointerdown", (event) => this.follow(event));
    this.addEventListener("pointermove", (event) => event.buttons && this.follow(event));
  }

  tag(text, side) {
    const tag = document.createElement("span");
    tag.className = `tag ${side}`;
    tag.textContent = text;
    return tag;
  }

  follow(event) {
    const box = this.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.querySelector("input").value = String(Math.round(share * 1000));
    this.place(share * 100);
  }

  place(percent) {
    this.style.setProperty("--split", `${percent}%`);
  }

  /** Show another pair, once both pictures are here, so that the two never belong to different frames. */
  async show(before, after) {
    const load = (source) => {
      const picture = new Image();
      picture.src = source;
      return picture.decode(); // not only fetched: the swap must not flash
    };
    const asked = `${before} ${after}`;
    this.asked = asked;
    try {
      await Promise.all([load(before), load(after)]);
    } catch {
      return false; // an old pair may be gone before it is fetched; the next one comes
    }
    if (asked !== this.asked) return false;
    this.querySelector(".before").src = before;
    this.querySelector(".after").src = after;
    return true;
  }
}

customElements.define("compare-slider", CompareSlider);
