// The scatter plot: a dot for every trial, those that do not pass faint, the Pareto front of two metrics joined.
"use strict";

(function (g) {
  const LEFT = 64, RIGHT = 16, TOP = 12, BOTTOM = 38;

  g.drawScatter = function ({ context, width, height, ink, colour }) {
    const [across, up] = [g.dimension(g.view.plot.x), g.dimension(g.view.plot.y)];
    if (!across || !up) return nothing(context, ink);
    const x = (value) => LEFT + across.place(value) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - up.place(value) * (height - TOP - BOTTOM);
    drawAxes();
    const passing = new Set(g.passing());
    const points = [];
    for (let trial = 0; trial < g.table.count; trial++) {
      const [one, other] = [across.value(trial), up.value(trial)];
      if (one !== null && other !== null) points.push({ trial, x: x(one), y: y(other), passes: passing.has(trial) });
    }
    const size = g.clamp(200 / Math.sqrt(points.length || 1), 2, 6);
    if (g.view.plot.front) drawFront(new Map(points.map((point) => [point.trial, point])));
    for (const passes of [false, true]) {
      context.globalAlpha = passes ? 0.9 : 0.18;
      for (const point of points) if (point.passes === passes) dot(point, size, passes ? colour(point.trial) : ink.muted);
    }
    context.globalAlpha = 1;
    const marked = new Set([...g.view.selected, g.view.cell]);
    for (const point of points) if (marked.has(point.trial)) ring(point, size + 3, g.view.selected.includes(point.trial) ? ink.accent : ink.ink);
    const live = points.filter((point) => point.passes);

    function drawAxes() {
      context.fillStyle = ink.muted;
      context.strokeStyle = ink.rule;
      context.lineWidth = 1;
      context.textAlign = "center";
      context.textBaseline = "top";
      let end = -Infinity;
      for (const tick of across.ticks) {
        const at = x(tick);
        line(at, TOP, at, height - BOTTOM);
        const word = across.tick(tick);
        const half = context.measureText(word).width / 2;
        if (at - half > end) {
          context.fillText(word, at, height - BOTTOM + 5);
          end = at + half + 8;
        }
      }
      context.textAlign = "right";
      context.textBaseline = "middle";
      let last = Infinity;
      for (const tick of up.ticks) {
        const at = y(tick);
        line(LEFT, at, width - RIGHT, at);
        if (last - at > 13) {
          context.fillText(g.shorten(context, up.tick(tick), LEFT - 22), LEFT - 6, at);
          last = at;
        }
      }
      context.fillStyle = ink.ink;
      context.textAlign = "center";
      context.textBaseline = "bottom";
      context.fillText(across.title + (across.log ? " (logarithmic)" : ""), (LEFT + width - RIGHT) / 2, height - 3);
      context.save();
      context.translate(2, (TOP + height - BOTTOM) / 2);
      context.rotate(-Math.PI / 2);
      context.textBaseline = "top";
      context.fillText(up.title + (up.log ? " (logarithmic)" : ""), 0, 0);
      context.restore();
    }

    function line(fromX, fromY, toX, toY) {
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      context.stroke();
    }

    function dot(point, radius, fill) {
      context.fillStyle = fill;
      if (points.length > 5000) return context.fillRect(point.x - radius, point.y - radius, 2 * radius, 2 * radius); // several times faster
      context.beginPath();
      context.arc(point.x, point.y, radius, 0, 7);
      return context.fill();
    }

    function ring(point, radius, stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(point.x, point.y, radius, 0, 7);
      context.stroke();
    }

    function drawFront(at) {
      const front = g.frontOf().map((trial) => at.get(trial)).filter(Boolean);
      context.strokeStyle = ink.accent;
      context.lineWidth = 1.5;
      context.beginPath();
      // In steps: between two of the front nothing is known.
      front.forEach((point, number) => {
        if (number) context.lineTo(point.x, front[number - 1].y);
        else context.moveTo(point.x, point.y);
        context.lineTo(point.x, point.y);
      });
      context.stroke();
      for (const point of front) ring(point, size + 2, ink.accent);
    }

    const place = ({ x: px, y: py }) => [(px - LEFT) / (width - LEFT - RIGHT), (height - BOTTOM - py) / (height - TOP - BOTTOM)];
    return {
      label: `${g.passing().length} trials: ${up.title} against ${across.title}. Arrow keys go from dot to dot.`,
      order: () => [...live].sort((one, other) => one.x - other.x || other.y - one.y).map((point) => point.trial),
      where: (trial) => points.find((point) => point.trial === trial) || { x: 0, y: 0 },
      find(spot, near) {
        let [found, best] = [-1, near];
        for (const point of live) {
          const away = Math.hypot(point.x - spot.x, point.y - spot.y);
          if (away < best) [found, best] = [point.trial, away];
        }
        return found;
      },
      box: (from, to) => [Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(from.x - to.x), Math.abs(from.y - to.y)],
      brush(from, to) {
        const change = {};
        const [[x0, y0], [x1, y1]] = [place(from), place(to)];
        g.brush(change, across, x0, x1);
        if (up.name !== across.name) g.brush(change, up, y0, y1);
        return change;
      },
      unbrush() {
        const change = {};
        g.unbrush(change, across);
        g.unbrush(change, up);
        return change;
      },
    };
  };

  function nothing(context, ink) {
    context.fillStyle = ink.muted;
    context.fillText("There are no numbers to draw yet.", 16, 24);
    return { label: "no numbers yet", order: () => [], where: () => ({ x: 0, y: 0 }), find: () => -1, box: () => [0, 0, 0, 0], brush: () => ({}), unbrush: () => ({}) };
  }
})(window.gallery);
