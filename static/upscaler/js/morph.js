// Updates a part of a page in place: elements that are in both versions stay. A link that is replaced can't be clicked
// at that moment, and loses the focus.

const keyOf = ({ nodeName, id = "" }) => `${nodeName}#${id}`;

/** Make an element, or a text, equal to a fresh one. Children are matched by their kind and id. */
export function morph(old, fresh) {
  if (!(old instanceof Element)) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const left = [...old.childNodes];
  const nodes = [...fresh.childNodes].map((node) => {
    const at = left.findIndex((candidate) => keyOf(candidate) === keyOf(node));
    if (at < 0) return document.adoptNode(node);
    const [kept] = left.splice(at, 1);
    morph(kept, node);
    return kept;
  });
  for (const node of left) node.remove();
  let next = old.firstChild;
  for (const node of nodes) {
    if (node === next) next = node.nextSibling;
    else old.insertBefore(node, next);
  }
}
