// The panel beside the images: one trial's pictures, losses, curves and settings.
"use strict";

(function (g) {
  const h = g.h;
  let pointed = -1; // the trial that the pointer last rested on; the keyboard takes over where it moves on
  let current = -1;
  let timer = 0;
  let removePlot = null;
  let plotted = ""; // what the chart shows

  const inspected = () => (pointed >= 0 ? pointed : g.view.cell);

  // Shows a trial once the pointer rests on it. A pointer on its way to the panel crosses other images: it gets more time.
  g.inspect = function (trial, towardsPanel) {
    clearTimeout(timer);
    if (g.byId("inspector").contains(document.activeElement) && document.activeElement.closest("input, textarea")) return; // somebody writes about another one
    timer = setTimeout(() => {
      pointed = trial;
      render();
    }, towardsPanel ? 300 : 60);
  };

  // The pointer left: what is shown stays, and what was only passed is not shown.
  g.inspectNoMore = () => clearTimeout(timer);

  g.renderInspector = function () {
    if (g.view.cell !== current) {
      current = g.view.cell;
      pointed = -1;
      clearTimeout(timer);
    }
    render();
  };

  // Draws the chart again where only its colours changed.
  g.redrawCurves = function () {
    plotted = "";
    render();
  };

  function render() {
    const panel = g.byId("inspector");
    if (panel.hidden) return;
    const trial = inspected();
    const close = h("button", { type: "button", class: "close phone", key: "close", onClick: g.toggleInspector }, "Close");
    if (trial < 0 || trial >= g.table.count) {
      clearPlot();
      g.draw(panel, close, h("p", { class: "hint", key: "hint" }, "Point at an image, or move to it with the arrow keys: its curves and settings are shown here. ",
        "A click enlarges it; Ctrl-click selects several to compare."), ...aboutRun());
      return;
    }
    g.draw(panel, close, h("h2", { key: "title" }, title(trial)), status(trial), g.markFields(trial), references(trial), losses(trial), h("div", { class: "plot", key: "plot", id: "curves" }), settings(trial), outcome(trial), identity(trial));
    drawPlot(g.byId("curves"), trial);
  }

  const title = (trial) => g.table.axes.map((axis) => g.table.along(axis, trial)).join(" · ") || g.table.data.run.title;

  function aboutRun() {
    const run = g.table.data.run;
    const standIns = run.standIns.length ? [h("h3", { key: "stand-ins" }, "Stand-ins"), ...run.standIns.map((text) => h("p", { class: "warning", key: text }, text))] : [];
    return [...standIns, h("h3", { key: "same" }, "The same for all"), ...constants()];
  }

  function status(trial) {
    const failed = g.table.status[trial] === "failed";
    if (!failed && g.table.status[trial] !== "missing") return null;
    const image = failed && g.table.hasImage(trial) ? " The image is the last good one." : "";
    return h("p", { class: "reason", key: "reason" }, failed ? [h("strong", null, "Failed. "), g.table.error(trial), image && h("br"), image] : "Not run yet");
  }

  function references(trial) {
    const figures = ["content", "style"].map((picture) => {
      const reference = g.table.reference(picture, trial);
      if (!reference) return null;
      const pinned = g.view.pins.includes(picture);
      return h("figure", { key: picture },
        h("img", { src: reference.link, alt: `${picture} picture ${reference.name}`, decoding: "async" }),
        h("figcaption", null, `${picture}: ${reference.name}`),
        h("button", { type: "button", class: "small", "aria-pressed": String(pinned), "aria-label": `pin the ${picture} picture`, onClick: () => g.togglePin(picture) }, pinned ? "unpin" : "pin"));
    });
    return figures.some(Boolean) ? h("div", { class: "references", key: "references" }, figures) : null;
  }

  const list = (pairs, key) => h("dl", { key }, pairs.map(([name, value, kind]) => [h("dt", { class: kind }, name), h("dd", { class: kind }, value)]));

  const filled = (trial, columns) => columns.map((column) => [column.title, g.table.text(column, trial)]).filter(([, text]) => text !== "");

  function losses(trial) {
    const columns = g.table.columns.filter((column) => column.group === "loss");
    const main = ["total_loss", "content_loss", "style_loss", "total_variation"];
    const pairs = filled(trial, columns.filter((column) => main.includes(column.name)).sort((one, other) => main.indexOf(one.name) - main.indexOf(other.name)));
    const byLayer = filled(trial, columns.filter((column) => !main.includes(column.name)));
    if (!pairs.length) return null;
    const kinds = { "total loss": "total", "content loss": "content", "style loss": "style" };
    return h("div", { key: "losses" }, h("h3", null, "Losses"), list(pairs.map(([name, text]) => [name, text, kinds[name]])), byLayer.length > 1 ? details("by layer, and metrics", byLayer) : null);
  }

  const opened = new Set(); // stays open for the next trial
  const remember = (summary) => (event) => (event.target.open ? opened.add(summary) : opened.delete(summary));
  const details = (summary, pairs) => h("details", { key: summary, open: opened.has(summary), onToggle: remember(summary) }, h("summary", null, summary), list(pairs));

  function settings(trial) {
    const swept = g.table.axes.flatMap((axis) => {
      const value = axis.values[axis.codes[trial]];
      return [[axis.title, g.table.along(axis, trial)], ...(value.also ? [["with", value.also]] : [])];
    });
    const names = new Set(g.table.axes.map((axis) => axis.name));
    const others = g.table.columns.filter((column) => column.group === "setting" && !column.unused && !names.has(column.name));
    return h("div", { key: "settings" }, h("h3", null, "Settings"), list(swept), details("all other settings", filled(trial, others)));
  }

  // The settings that all trials share; those that have their defaults, as all methods that are not used, are folded.
  function constants() {
    const shared = g.table.columns.filter((column) => column.group === "setting" && "constant" in column && !column.unused);
    const pairs = (usual) => shared.filter((column) => Boolean(column.usual) === usual).map((column) => [column.title, column.constant]);
    return [list(pairs(false), "constants"), pairs(true).length ? details("at their defaults", pairs(true)) : null];
  }

  const outcome = (trial) => details("how it ran", filled(trial, g.table.columns.filter((column) => column.group === "other" && !["error", "status"].includes(column.name))));

  function identity(trial) {
    const image = g.table.hasImage(trial) && !g.embedded ? h("a", { href: g.table.imagePath(trial), target: "_blank", rel: "noopener" }, "open the PNG") : null;
    return h("p", { class: "identity", key: "identity" }, h("code", null, g.table.ids[trial]), image);
  }

  function clearPlot() {
    if (removePlot) removePlot();
    removePlot = null;
    plotted = "";
  }

  async function drawPlot(place, trial) {
    const selected = g.view.selected.filter((other) => other !== trial).slice(0, 6);
    const wanted = [trial, selected, g.table.data.version, place.clientWidth].join();
    if (wanted === plotted && place.firstChild) return void g.markStep();
    plotted = wanted;
    let curves = null;
    try {
      curves = await Promise.all([trial, ...selected].map(g.curve));
    } catch {
      // said below
    }
    if (wanted !== plotted || !place.isConnected) return;
    clearPlot();
    plotted = wanted;
    if (!curves) return void g.fill(place, g.make("p", { class: "hint" }, "The curves cannot be loaded; reload the page."));
    const [curve, ...others] = curves;
    if (!curve || !curve.steps.length) return void g.fill(place);
    const canvas = g.make("div", { role: "img", "aria-label": g.describeCurve(curve) });
    const legend = others.some(Boolean) ? g.make("p", { class: "hint" }, "Dashed: total loss of the other selected ones.") : null;
    g.fill(place, canvas, legend);
    removePlot = g.drawCurves(canvas, curve, others.filter(Boolean), place.clientWidth);
  }
})(window.gallery);
