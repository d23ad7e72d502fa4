// Loads the page's scripts as a browser would, without a document: for what is logic alone.
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

const PAGE = new URL("../../../results/gallery/page/", import.meta.url);

// The page's global after these files, with `table` in place of a run's data.
export function load(files, table) {
  const window = {};
  const context = createContext({
    window, URLSearchParams, atob, document: { getElementById: () => ({}) }, preact: {}, matchMedia: () => ({ matches: false }), devicePixelRatio: 1,
    addEventListener: () => {}, history: { state: null }, location: { hash: "", href: "file:///index.html" },
  });
  for (const file of ["core", ...files]) runInContext(readFileSync(new URL(`${file}.js`, PAGE), "utf8"), context, { filename: `${file}.js` });
  const g = window.gallery;
  if (table) {
    g.table = new g.Table(table);
    g.view = g.firstView ? g.firstView() : { where: [], hidden: {} };
  }
  return g;
}

// A run of six trials, 2 styles × 3 ratios, the last of which failed.
export const RUN = {
  run: { title: "T", location: "runs/t" },
  runs: [{ name: "t", location: "runs/t", base: "../" }],
  edges: [96, 256, 640], largest: [48, 36], version: "1", snapshots: null,
  axes: [
    { name: "style", title: "style", values: [{ key: "few", label: "few", query: "style == 'a'" }, { key: "many", label: "many", query: "style == 'b'" }], codes: [0, 0, 0, 1, 1, 1] },
    { name: "ratio", title: "α/β", values: ["10⁻⁴", "10⁻³", "10⁻²"].map((key, at) => ({ key, label: key, query: `ratio == ${[0.0001, 0.001, 0.01][at]}` })), codes: [0, 1, 2, 0, 1, 2] },
  ],
  view: { rows: "style", columns: "ratio", "super-rows": null, "super-columns": null },
  columns: [
    { name: "style", title: "style", group: "setting", words: ["a", "b"], codes: [0, 0, 0, 1, 1, 1], queries: ["style == 'a'", "style == 'b'"] },
    { name: "ratio", title: "α/β", group: "setting", numbers: [0.0001, 0.001, 0.01, 0.0001, 0.001, 0.01] },
    { name: "total_loss", title: "total loss", group: "loss", numbers: [600, 500, 400, 300, null, 100] },
    { name: "style_distance", title: "style distance", group: "loss", numbers: [0.5, 0.1, 0.2, 0.4, 0.3, 0] },
    { name: "structural_similarity", title: "structural similarity", group: "loss", numbers: [0.9, 0.1, 0.3, 0.2, 0.3, 1] },
    { name: "error", title: "error", group: "other", words: ["no"], codes: [-1, -1, -1, -1, -1, 0] },
  ],
  references: {},
  trials: {
    ids: ["a0", "a1", "a2", "b0", "b1", "b2"].map((id) => id.repeat(8)), status: ["done", "done", "done", "done", "done", "failed"],
    sizes: Array(6).fill([48, 36]), hasImage: Array(6).fill(true), thumbnails: Array(6).fill(null),
  },
};

export const LOGIC = ["numbers", "table", "filter", "values", "heat", "dimensions", "plot", "zoom", "link", "layout", "snapshots", "unpack"];
