// Parallel coordinates: a line for every trial through the axes of the grid and its metrics. A drag along one keeps a range.
"use strict";

(function (g) {
  const LEFT = 40, RIGHT = 40, TOP = 34, BOTTOM = 14, MOST = 9;

  function names() {
    const { x, y, colour } = g.view.plot;
    const metrics = [x, y, colour, g.view.caption, "total_loss", "style_distance", "structural_similarity", "seconds"];
    return [...new Set([...g.table.axes.map((axis) => axis.name), ...metrics])].filter((name) => name && g.dimension(name)).slice(0, MOST);
  }

  // How wide the chart has to be for its words to be read; on a phone it is scrolled.
  g.parallelWidth = () => LEFT + RIGHT + (names().length - 1) * 72;

  g.drawParallel = function ({ context, width, height, ink, colour }) {
    const dimensions = names().map(g.dimension);
    const step = (width - LEFT - RIGHT) / Math.max(1, dimensions.length - 1);
    const x = (at) => LEFT + at * step;
    const y = (place) => height - BOTTOM - place * (height - TOP - BOTTOM);
    const passing = new Set(g.passing());
    const lines = [];
    for (let trial = 0; trial < g.table.count; trial++) {
      const heights = dimensions.map((dimension) => {
        const value = dimension.value(trial);
        return value === null ? null : y(dimension.place(value));
      });
      if (!heights.includes(null)) lines.push({ trial, heights, passes: passing.has(trial) });
    }
    const many = g.clamp(30 / Math.sqrt(lines.length || 1), 0.08, 0.9);
    for (const passes of [false, true]) {
      context.globalAlpha = passes ? many : 0.5 * many * (passing.size < lines.length ? 0.35 : 1);
      for (const line of lines) if (line.passes === passes) stroke(line.heights, passes ? colour(line.trial) : ink.rule, 1.25);
    }
    context.globalAlpha = 1;
    const marked = new Set([...g.view.selected, g.view.cell]);
    for (const line of lines) if (marked.has(line.trial)) stroke(line.heights, ink.accent, 2.5);
    dimensions.forEach(drawAxis);

    function stroke(heights, style, thickness) {
      context.strokeStyle = style;
      context.lineWidth = thickness;
      context.beginPath();
      heights.forEach((one, at) => (at ? context.lineTo(x(at), one) : context.moveTo(x(at), one)));
      context.stroke();
    }

    function drawAxis(dimension, at) {
      context.strokeStyle = ink.muted;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x(at), TOP);
      context.lineTo(x(at), height - BOTTOM);
      context.stroke();
      const last = at === dimensions.length - 1 && at > 0;
      context.textAlign = at === 0 ? "left" : last ? "right" : "center";
      context.textBaseline = "alphabetic";
      context.fillStyle = ink.ink;
      context.fillText(g.shorten(context, dimension.title, step - 12), at === 0 ? 4 : last ? width - 4 : x(at), 14);
      context.textAlign = last ? "right" : "left";
      context.textBaseline = "middle";
      let before = Infinity;
      for (const tick of dimension.ticks) {
        const where = y(dimension.place(tick));
        if (before - where < 14) continue;
        before = where;
        const word = g.shorten(context, dimension.tick(tick), step - 16);
        const from = x(at) + (last ? -5 : 5);
        context.fillStyle = ink.paper;
        context.globalAlpha = 0.75;
        const room = context.measureText(word).width + 4;
        context.fillRect(last ? from - room + 2 : from - 2, where - 7, room, 14);
        context.globalAlpha = 1;
        context.fillStyle = ink.muted;
        context.fillText(word, from, where);
      }
    }

    const nearest = (spot) => g.clamp(Math.round((spot.x - LEFT) / step), 0, dimensions.length - 1);
    const place = (spot) => (height - BOTTOM - spot.y) / (height - TOP - BOTTOM);
    // Of a line where the pointer is, between two dimensions.
    const heightAt = (heights, px) => {
      const at = g.clamp((px - LEFT) / step, 0, dimensions.length - 1);
      const left = Math.min(dimensions.length - 2, Math.floor(at));
      return left < 0 ? heights[0] : heights[left] + (at - left) * (heights[left + 1] - heights[left]);
    };
    const live = lines.filter((line) => line.passes);
    return {
      label: `${live.length} trials through ${dimensions.map((one) => one.title).join(", ")}. Arrow keys go from line to line.`,
      order: () => live.map((line) => line.trial),
      where: (trial) => ({ x: width / 2, y: heightAt((lines.find((line) => line.trial === trial) || { heights: [0, 0] }).heights, width / 2) }),
      find(spot, near) {
        let [found, best] = [-1, near];
        for (const line of live) {
          const away = Math.abs(heightAt(line.heights, spot.x) - spot.y);
          if (away < best) [found, best] = [line.trial, away];
        }
        return found;
      },
      box: (from, to) => [x(nearest(from)) - 9, Math.min(from.y, to.y), 18, Math.abs(from.y - to.y)],
      brush(from, to) {
        const change = {};
        g.brush(change, dimensions[nearest(from)], place(from), place(to));
        return change;
      },
      unbrush(spot) {
        const change = {};
        for (const dimension of spot ? [dimensions[nearest(spot)]] : dimensions) g.unbrush(change, dimension);
        return change;
      },
    };
  };
})(window.gallery);
