// The caption's metric as colour: a tint over the images, or flat cells with their number, and the scale that says what
// the colours mean.
"use strict";

(function (g) {
  const h = g.h;
  g.HEATS = { "": "number", tint: "tint", cells: "heatmap" };

  // Viridis, by Stéfan van der Walt and Nathaniel Smith (CC0): even steps look even, also to colour-blind eyes.
  const STOPS = [[68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140], [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37]];

  // The colour of a share between 0 and 1: red, green and blue, 0 to 255.
  g.colour = function (share) {
    const at = g.clamp(share, 0, 1) * (STOPS.length - 1);
    const below = Math.min(STOPS.length - 2, Math.floor(at));
    return STOPS[below].map((low, channel) => Math.round(low + (at - below) * (STOPS[below + 1][channel] - low)));
  };

  const css = (colour) => `rgb(${colour.join(" ")})`;

  // Colours a cell. Its frame may be one that was there before.
  g.heatCell = function (cell, trial) {
    const share = g.view.heat ? g.captionShare(trial) : null;
    cell.classList.toggle("tinted", share !== null && g.view.heat === "tint");
    if (share !== null) cell.style.setProperty("--tint", css(g.colour(share)));
  };

  // A flat cell with its number; null where this trial has no colour.
  g.heatFrame = function (trial) {
    const share = g.view.heat === "cells" ? g.captionShare(trial) : null;
    if (share === null) return null;
    const [red, green, blue] = g.colour(share);
    const dark = 0.3 * red + 0.59 * green + 0.11 * blue < 125;
    return g.make("div", { class: dark ? "frame flat dark" : "frame flat", role: "img", "aria-label": `${g.table.describe(trial)}: ${g.captionText(trial)}` }, g.captionText(trial));
  };

  g.renderScale = function () {
    const place = g.byId("scale");
    const captions = g.captions();
    const shown = Boolean(g.view.heat && captions.column && captions.high > captions.low);
    place.hidden = !shown;
    if (!shown) return g.draw(place);
    const stops = Array.from({ length: 9 }, (_, at) => css(g.colour(at / 8))).join(", ");
    return g.draw(place, h("span", null, captions.column.title), h("span", { class: "end" }, captions.write(captions.low)), h("i", { class: "gradient", style: `--stops: ${stops}`, "aria-hidden": "true" }),
      h("span", { class: "end" }, captions.write(captions.high)), captions.log ? h("span", null, "logarithmic") : null);
  };
})(window.gallery);
