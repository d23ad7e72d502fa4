// What is in one cell: the image of a trial, or why there is none, and the caption below it.
"use strict";

(function (g) {
  let captions = null; // how the caption's numbers are written, and from where to where they go
  let kept = new Map(); // frames of the last layout by trial: what is drawn again with the same image is not loaded again

  // Where the image is that a trial shows now, for a frame of so many pixels: that of the chosen step, or the last one.
  g.imageOf = function (trial, pixels) {
    const step = g.snapshotStep(trial, g.view.step);
    return step === null ? g.table.source(trial, pixels * devicePixelRatio * g.view.zoom.factor) : g.snapshotPath(trial, step);
  };

  // A trial's image for a frame of so many pixels, or why there is none.
  g.frame = function (trial, pixels) {
    const status = g.table.status[trial];
    if (status === "missing") return g.make("div", { class: "frame missing" }, g.make("p", null, "not run yet"));
    const failed = status === "failed";
    const reason = failed ? g.table.error(trial) : null;
    if (!g.table.hasImage(trial)) return g.make("div", { class: "frame failed", title: reason }, g.make("p", null, g.make("strong", null, "failed"), " ", reason));
    const frame = g.make("div", { class: failed ? "frame last-good" : "frame", title: failed ? `Failed: ${reason}. The image is the last good one.` : null });
    const [width, height] = g.table.data.trials.sizes[trial] || [1, 1];
    const step = g.snapshotStep(trial, g.view.step);
    const words = step === null ? g.table.describe(trial) : `${g.table.describe(trial)}, after ${step} steps`;
    const image = g.make("img", { alt: words, width, height, loading: "lazy", decoding: "async", draggable: "false" });
    const first = g.imageOf(trial, pixels);
    const sources = step === null ? [...new Set([first, g.table.imagePath(trial), g.table.source(trial, 1)])] : [first];
    image.addEventListener("error", () => {
      sources.shift(); // a thumbnail that went, or a gallery that was copied without its run's images
      if (sources.length) image.src = sources[0];
      else g.fill(Object.assign(frame, { className: "frame failed" }), g.make("p", null, step === null ? "its image is missing or damaged" : `its image after ${step} steps is missing or damaged`));
    });
    image.src = sources[0];
    frame.append(image);
    if (failed) frame.append(g.make("span", { class: "badge" }, "failed"));
    return frame;
  };

  // Keeps the frames of these cells for the cells that are made next.
  g.keepFrames = function (cells) {
    kept = new Map();
    for (const cell of cells) {
      const frame = cell.querySelector(".frame:not(.absent)");
      if (frame) kept.set(cell.dataset.trial, frame);
    }
  };

  // The frame of a cell, the same element as before where it shows the same.
  function frameOf(trial) {
    const pixels = Math.max(g.cellSize.width, g.cellSize.height);
    const other = g.table.hasImage(trial) ? g.againstOf(trial) : -1;
    const held = other >= 0 && g.table.hasImage(other);
    const shows = JSON.stringify([g.table.ids[trial], g.table.status[trial], g.imageOf(trial, pixels), held ? [g.view.by, g.imageOf(other, pixels)] : 0, g.view.heat === "cells" ? [g.view.caption, g.captionText(trial)] : 0]);
    const before = kept.get(String(trial));
    if (before && before.shows === shows && !before.classList.contains("failed")) return before;
    const frame = g.heatFrame(trial) || (held ? g.againstFrame(trial, other) : g.frame(trial, pixels));
    frame.shows = shows;
    return frame;
  }

  g.makeCell = function (layout, row, column) {
    const trial = layout.trialAt(row, column);
    const properties = { id: g.cellId(row, column), "aria-colindex": column + 1 + (layout.rowAxis ? 1 : 0) };
    if (trial < 0) {
      const none = layout.kind === "grid" ? g.make("div", { class: "frame absent" }, g.make("span", { class: "unseen" }, "not in the grid")) : null;
      return g.make("td", { ...properties, class: "absent" }, none);
    }
    if (layout.kind === "grid" && !g.passes(trial)) {
      return g.make("td", { ...properties, "data-trial": trial, class: "filtered" }, g.make("div", { class: "frame absent" }, g.make("span", { class: "unseen" }, `filtered out: ${g.table.name(trial)}`)));
    }
    const cell = g.make("td", { ...properties, "data-trial": trial }, frameOf(trial), caption(layout, trial), g.make("span", { class: "pick", "aria-hidden": "true" }, "✓"), g.isStarred(trial) ? g.make("span", { class: "star", role: "img", "aria-label": "starred" }, "★") : null);
    g.heatCell(cell, trial);
    return cell;
  };

  // Looks at all numbers of the caption's column: they are written in one notation, and the bar goes from end to end.
  g.prepareCaptions = function () {
    const column = g.view.caption ? g.table.column(g.view.caption) : null;
    const numbers = [];
    for (let trial = 0; column && column.numbers && trial < g.table.count; trial++) {
      const number = column.numbers[trial];
      if (number !== null && Number.isFinite(number) && g.table.status[trial] === "done") numbers.push(number);
    }
    const low = numbers.reduce((one, other) => Math.min(one, other), Infinity);
    const high = numbers.reduce((one, other) => Math.max(one, other), -Infinity);
    captions = { column, low, high, log: low > 0 && high / low > 50, write: g.notation(numbers) };
    return captions;
  };

  g.captions = () => captions;

  // Where a value is between the smallest and the largest of the run, 0 to 1; null where it is nowhere.
  g.captionShare = function (trial) {
    const { column, low, high, log } = captions;
    const value = column && column.numbers ? column.numbers[trial] : null;
    if (value === null || !Number.isFinite(value) || !(high > low) || g.table.status[trial] !== "done") return null;
    const scale = log ? Math.log : (number) => number;
    return g.clamp((scale(value) - scale(low)) / (scale(high) - scale(low)), 0, 1);
  };

  // The caption's column of a trial in words. A failed trial has none: its numbers are those of its last good image.
  g.captionText = function (trial) {
    const column = captions.column;
    if (!column) return "";
    if (g.table.status[trial] === "failed") return "failed";
    const value = g.table.value(column, trial);
    return typeof value === "number" ? captions.write(value) : value ?? "–";
  };

  function caption(layout, trial) {
    if (!g.captionHeight()) return null;
    const name = layout.kind === "wall" ? g.make("span", { class: "name", title: g.table.name(trial) }, g.table.axes.map((axis) => g.table.along(axis, trial)).join(" · ")) : null;
    if (!captions.column) return g.make("div", { class: "caption" }, name);
    const failed = g.table.status[trial] === "failed";
    const line = g.make("span", { class: failed ? "metric failed" : "metric", title: captions.column.title }, g.make("span", null, g.captionText(trial)));
    const share = g.captionShare(trial);
    if (share !== null) {
      const bar = g.make("i", { class: "bar" });
      bar.style.setProperty("--share", Math.max(share, 0.01));
      line.append(bar);
    }
    return g.make("div", { class: "caption" }, name, line);
  }
})(window.gallery);
