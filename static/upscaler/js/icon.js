// Icons of the sprite that script/bootstrap makes; in a template, the icon tag does the same.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return the icon of a name in script/vendor.txt.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  changeIcon(svg, name);
  return svg;
}

/**
 * Make an icon another one.
 * @param {Element} svg
 * @param {string} name
 */
export function changeIcon(svg, name) {
  svg.querySelector("use").setAttribute("href", `${document.documentElement.dataset.icons}#${name}`);
}
