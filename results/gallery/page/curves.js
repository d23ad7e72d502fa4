// Loss curves: files of a hundred trials, loaded when one of them is looked at, and drawn by uPlot.
"use strict";

(function (g) {
  const loaded = new Map(); // number of the file -> its curves
  const waiting = new Map(); // number of the file -> what to do when it is there

  g.receiveCurves = (number, curves) => loaded.set(number, curves);

  g.forgetCurves = () => (loaded.clear(), waiting.clear());

  // The steps and losses of a trial, null where it has none.
  g.curve = async function (trial) {
    const { perFile, versions, terms } = g.table.data.curves;
    const number = Math.floor(trial / perFile);
    if (!loaded.has(number)) {
      if (!waiting.has(number)) waiting.set(number, g.load(`curves/${String(number).padStart(3, "0")}.js`, versions[number]));
      await waiting.get(number);
    }
    const curve = (loaded.get(number) || [])[trial % perFile];
    if (!curve) return null;
    return { steps: curve[0], losses: Object.fromEntries(terms.map((term, place) => [term, curve[place + 1]])) };
  };

  const TERMS = [["total_loss", "total", "--curve-total", 2], ["style_loss", "style", "--curve-style", 1.25], ["content_loss", "content", "--curve-content", 1.25]];

  // Draws the curves of a trial, and the total loss of others thinly behind them. Returns what removes it.
  g.drawCurves = function (place, curve, others, width) {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const positive = (losses) => losses.map((loss) => (loss !== null && loss > 0 ? loss : null)); // of a logarithm's axis
    const dashed = { label: "other", stroke: colour("--muted"), width: 1, dash: [3, 3], spanGaps: true, points: { show: false } };
    const series = [{ label: "step" }, ...others.map(() => dashed)];
    // Trials may have recorded other steps: uPlot joins them along one axis.
    const data = others.length ? uPlot.join([[curve.steps], ...others.map((other) => [other.steps, positive(other.losses.total_loss)])]) : [curve.steps];
    const at = new Map(curve.steps.map((step, number) => [step, number]));
    for (const [term, label, property, thickness] of TERMS) {
      const losses = positive(curve.losses[term]);
      if (!losses.some((loss) => loss !== null)) continue;
      data.push(data[0].map((step) => (at.has(step) ? losses[at.get(step)] : undefined)));
      series.push({ label, stroke: colour(property), width: thickness, spanGaps: true, points: { show: curve.steps.length < 2 }, value: (_, loss) => g.number(loss ?? null) });
    }
    if (series.length === 1 + others.length) return null;
    const isPower = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
    const powers = (_, splits) => splits.map((value) => (value > 0 && isPower(value) ? value : null));
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const plot = new uPlot({
      width, height: 168, series, padding: [8, 8, 0, 0],
      scales: { x: { time: false }, y: { distr: 3, log: 10 } },
      axes: [{ ...axis, size: 24, gap: 4 }, { ...axis, size: 40, gap: 4, filter: powers, grid: { ...axis.grid, filter: powers }, values: (_, splits) => splits.map((value) => (value === null ? "" : g.power(Math.round(Math.log10(value))))) }],
      cursor: { drag: { x: false, y: false }, points: { size: 5 } },
      legend: { show: false },
      hooks: { draw: [markStep] },
    }, data, place);
    if (g.keptSteps().length) {
      // A press, and a drag, go to the kept image nearest to that step.
      const follow = (event) => event.buttons === 1 && g.lookAtStep(plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x"));
      plot.over.addEventListener("pointerdown", follow);
      plot.over.addEventListener("pointermove", follow);
      plot.over.classList.add("steps");
    }
    shown = plot;
    return () => {
      plot.destroy();
      shown = null;
    };
  };

  let shown = null;
  g.markStep = () => shown && shown.redraw(false);

  // A line at the step whose images are shown.
  function markStep(plot) {
    if (g.view.step === null) return;
    const [x, { top, height }] = [Math.round(plot.valToPos(g.view.step, "x", true)), plot.bbox];
    plot.ctx.save();
    plot.ctx.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    plot.ctx.fillRect(x - devicePixelRatio, top, 2 * devicePixelRatio, height);
    plot.ctx.restore();
  }

  // The curve in words.
  g.describeCurve = function (curve) {
    const losses = curve.losses.total_loss;
    const last = losses.length - 1;
    return `Total loss ${g.number(losses[0])} at step ${curve.steps[0]}, ${g.number(losses[last])} at step ${curve.steps[last]}`;
  };
})(window.gallery);
