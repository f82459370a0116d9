// Names of files, as pipeline/endings.py looks at them.

/** In small letters and without its dot; of ".DS_Store", what stands behind the dot. */
export function extensionOf(name) {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}
