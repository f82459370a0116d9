// <in-ratio>: a box of the aspect ratio in data-ratio, not higher than the window.

class InRatio extends HTMLElement {
  connectedCallback() {
    const [width, height] = (this.dataset.ratio ?? "4/3").split("/").map(Number);
    this.style.setProperty("--ratio", String(width / height));
  }
}

customElements.define("in-ratio", InRatio);
