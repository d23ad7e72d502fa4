// The panel beside the images: one trial's pictures, losses, curves and settings.
"use strict";

(function (g) {
  let inspected = -1;
  let timer = 0;
  let removePlot = null;

  // Shows a trial, a moment later: the pointer may only be passing.
  g.inspect = function (trial) {
    if (trial < 0) trial = g.view.cell;
    if (trial === inspected) return;
    inspected = trial;
    clearTimeout(timer);
    timer = setTimeout(render, 50);
  };

  g.renderInspector = function () {
    inspected = g.view.cell;
    clearTimeout(timer);
    render();
  };

  function render() {
    const panel = g.byId("inspector");
    if (panel.hidden) return;
    if (removePlot) removePlot();
    removePlot = null;
    const table = g.table;
    const trial = inspected >= 0 ? inspected : -1;
    if (trial < 0) {
      g.fill(panel, g.make("p", { class: "hint" }, "Point at an image, or move to it with the arrow keys: its curves and settings are shown here. ",
        "A click enlarges it; Ctrl-click selects several to compare."), ...aboutRun());
      return;
    }
    const plot = g.make("div", { class: "plot" });
    g.fill(panel, g.make("h2", null, title(trial)), status(trial), references(trial), losses(trial), plot, settings(trial), outcome(trial), identity(trial));
    if (g.table.hasImage(trial) || g.table.status[trial] === "failed") drawPlot(plot, trial);
  }

  const title = (trial) => g.table.axes.map((axis) => axis.values[axis.codes[trial]].key).join(" · ") || g.table.data.run.title;

  function aboutRun() {
    const run = g.table.data.run;
    const standIns = run.standIns.length ? [g.make("h3", null, "Stand-ins"), ...run.standIns.map((text) => g.make("p", { class: "warning" }, text))] : [];
    return [...standIns, g.make("h3", null, "The same for all"), constants()];
  }

  function status(trial) {
    if (g.table.status[trial] === "failed") return g.make("p", { class: "reason" }, g.make("strong", null, "Failed. "), g.table.error(trial));
    return g.table.status[trial] === "missing" ? g.make("p", { class: "reason" }, "Not run yet") : null;
  }

  function references(trial) {
    const figures = ["content", "style"].map((picture) => {
      const reference = g.table.reference(picture, trial);
      if (!reference) return null;
      const pinned = g.view.pins.includes(picture);
      return g.make("figure", null,
        g.make("img", { src: reference.link, alt: `${picture} picture ${reference.name}`, decoding: "async" }),
        g.make("figcaption", null, `${picture}: ${reference.name}`),
        g.make("button", { type: "button", class: "small", "aria-pressed": String(pinned), "aria-label": `pin the ${picture} picture`, onclick: () => g.togglePin(picture) }, pinned ? "unpin" : "pin"));
    });
    return figures.some(Boolean) ? g.make("div", { class: "references" }, ...figures) : null;
  }

  const list = (pairs) => g.make("dl", null, ...pairs.flatMap(([name, value, kind]) => [g.make("dt", { class: kind }, name), g.make("dd", { class: kind }, value)]));

  const filled = (trial, columns) => columns.map((column) => [column.title, g.table.text(column, trial)]).filter(([, text]) => text !== "");

  function losses(trial) {
    const columns = g.table.columns.filter((column) => column.group === "loss");
    const main = ["total_loss", "content_loss", "style_loss", "total_variation"];
    const pairs = filled(trial, columns.filter((column) => main.includes(column.name)).sort((one, other) => main.indexOf(one.name) - main.indexOf(other.name)));
    const byLayer = filled(trial, columns.filter((column) => !main.includes(column.name)));
    if (!pairs.length) return null;
    const kinds = { "total loss": "total", "content loss": "content", "style loss": "style" };
    return g.make("div", null, g.make("h3", null, "Losses"), list(pairs.map(([name, text]) => [name, text, kinds[name]])), byLayer.length > 1 ? details("by layer", byLayer) : null);
  }

  const details = (summary, pairs) => g.make("details", { open: opened.has(summary), ontoggle: (event) => (event.target.open ? opened.add(summary) : opened.delete(summary)) }, g.make("summary", null, summary), list(pairs));
  const opened = new Set(); // stays open for the next trial

  function settings(trial) {
    const swept = g.table.axes.flatMap((axis) => {
      const value = axis.values[axis.codes[trial]];
      return [[axis.title, value.key], ...(value.also ? [["with", value.also]] : [])];
    });
    const names = new Set(g.table.axes.map((axis) => axis.name));
    const others = g.table.columns.filter((column) => column.group === "setting" && !names.has(column.name));
    return g.make("div", null, g.make("h3", null, "Settings"), list(swept), details("all other settings", filled(trial, others)));
  }

  const constants = () => list(g.table.columns.filter((column) => column.group === "setting" && "constant" in column).map((column) => [column.title, column.constant]));

  function outcome(trial) {
    return details("how it ran", filled(trial, g.table.columns.filter((column) => column.group === "other" && !["error", "status"].includes(column.name))));
  }

  function identity(trial) {
    const id = g.table.ids[trial];
    const image = g.table.hasImage(trial) ? g.make("a", { href: g.table.imagePath(trial), target: "_blank", rel: "noopener" }, "open the PNG") : null;
    return g.make("p", { class: "identity" }, g.make("code", null, id), image);
  }

  async function drawPlot(place, trial) {
    const selected = g.view.selected.filter((other) => other !== trial).slice(0, 6);
    let curves;
    try {
      curves = await Promise.all([trial, ...selected].map(g.curve));
    } catch {
      g.fill(place, g.make("p", { class: "hint" }, "the curves cannot be loaded; reload the page"));
      return;
    }
    if (trial !== inspected || !place.isConnected) return;
    const [curve, ...others] = curves;
    if (!curve || !curve.steps.length) return;
    const canvas = g.make("div", { role: "img", "aria-label": g.describeCurve(curve) });
    const legend = others.some(Boolean) ? g.make("p", { class: "hint" }, "dashed: total loss of the other selected ones") : null;
    g.fill(place, canvas, legend);
    removePlot = g.drawCurves(canvas, curve, others.filter(Boolean), place.clientWidth);
  }
})(window.gallery);
