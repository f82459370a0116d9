// <in-ratio>: a picture of the shape that data-ratio says, never higher than the window has room for.

class InRatio extends HTMLElement {
  connectedCallback() {
    const [width, height] = (this.dataset.ratio ?? "4/3").split("/").map(Number);
    this.style.setProperty("--ratio", String(width / height));
  }
}

customElements.define("in-ratio", InRatio);
