// What the type checker can't know of our pages, and what their scripts load besides modules.

import type SortableClass from "sortablejs";
import type * as Tus from "tus-js-client";
import type UPlot from "uplot";

declare global {
  interface Window {
    Sortable: typeof SortableClass;
    tus: typeof Tus;
  }
  const tus: typeof Tus;
  const uPlot: typeof UPlot;

  // Not imported in a JSDoc comment of a script: the storage of static files takes that for an import of the script.
  type TusUpload = Tus.Upload;
  type HlsModule = typeof import("hls.js");
  type HlsPlayer = import("hls.js").default;

  // Which kind of element a selector finds is up to the template.
  interface ParentNode {
    querySelector(selectors: string): any;
    querySelectorAll(selectors: string): NodeListOf<any>;
  }
  interface NonElementParentNode {
    getElementById(elementId: string): any;
  }
  interface Document {
    getElementById(elementId: string): any;
  }
  interface Element {
    closest(selectors: string): any;
  }
}
