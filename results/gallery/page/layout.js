// Which trial is in which row and column: the grid of the chosen axes, or the wall of sorted trials.
"use strict";

(function (g) {
  g.GAP = 8;
  g.HEADER = 32;
  g.BAND = 36;

  // All combinations of some axes' values at which there is a trial, whatever the sliders say: flipping moves nothing.
  function lines(axes) {
    const [first, second] = axes;
    if (!first) return g.table.count ? [[]] : [];
    const width = second ? second.values.length : 1;
    const found = new Set(); // places, row by row
    for (let trial = 0; trial < g.table.count; trial++) found.add(first.codes[trial] * width + (second ? second.codes[trial] : 0));
    const codes = [...found].sort((one, other) => one - other).map((place) => [Math.floor(place / width), ...(second ? [place % width] : [])]);
    return codes.filter((line) => !axes.some((axis, at) => g.isHidden(axis, line[at])));
  }

  function gridLayout() {
    const { places, at } = g.view;
    const axisOf = (place) => (places[place] ? g.table.axis(places[place]) : null);
    const across = ["super-columns", "columns"].map(axisOf).filter(Boolean);
    const down = ["super-rows", "rows"].map(axisOf).filter(Boolean);
    const rows = lines(down);
    const columns = lines(across);
    if (g.table.axes.some((axis) => axis.drawn)) return drawnLayout(down, across, rows, columns);
    const number = new Map(g.table.axes.map((axis, place) => [axis, place]));
    const codes = g.table.axes.map((axis) => at[axis.name] || 0);
    const trialAt = (row, column) => {
      if (row < 0 || column < 0 || row >= rows.length || column >= columns.length) return -1;
      down.forEach((axis, place) => (codes[number.get(axis)] = rows[row][place]));
      across.forEach((axis, place) => (codes[number.get(axis)] = columns[column][place]));
      return g.table.at(codes);
    };
    const nested = (axes) => (axes.length > 1 ? axes[0] : null);
    return {
      kind: "grid", rows, columns, trialAt,
      rowAxis: down[down.length - 1] || null, superRowAxis: nested(down),
      columnAxis: across[across.length - 1] || null, superColumnAxis: nested(across),
      placeOf(trial) {
        const find = (found, axes) => found.findIndex((line) => axes.every((axis, place) => axis.codes[trial] === line[place]));
        return [find(rows, down), find(columns, across)];
      },
    };
  }

  // Of a grid whose values were drawn. Any number of its trials may be at one place: they stand below each other, or
  // beside each other where there are rows alone. Drawn axes without a place are no sliders.
  function drawnLayout(down, across, rows, columns) {
    const fixed = g.sliderAxes();
    const line = (axes, trial) => axes.map((axis) => axis.codes[trial]).join();
    const cells = new Map();
    for (let trial = 0; trial < g.table.count; trial++) {
      if (!g.isShown(trial) || fixed.some((axis) => axis.codes[trial] !== (g.view.at[axis.name] || 0))) continue;
      const key = `${line(down, trial)}|${line(across, trial)}`;
      cells.set(key, [...(cells.get(key) || []), trial]);
    }
    const at = (row, column) => cells.get(`${row.join()}|${column.join()}`) || [];
    const most = (trials) => Math.max(1, ...trials.map((some) => some.length));
    const beside = down.length > 0 && across.length === 0;
    const counts = rows.map((row) => most(columns.map((column) => at(row, column))));
    const times = (all, count) => all.flatMap((one, place) => Array.from({ length: count(place) }, (_, number) => ({ one, number })));
    const tall = times(rows, (row) => (beside ? 1 : counts[row]));
    const wide = times(columns, () => (beside ? most(rows.flatMap((row) => columns.map((column) => at(row, column)))) : 1));
    const trialAt = (row, column) => (tall[row] && wide[column] && at(tall[row].one, wide[column].one)[tall[row].number + wide[column].number]) ?? -1;
    const nested = (axes) => (axes.length > 1 ? axes[0] : null);
    return {
      kind: "grid", rows: tall.map(({ one }) => one), columns: wide.map(({ one }) => one), trialAt,
      goesOn: (row) => tall[row].number > 0,
      rowAxis: down[down.length - 1] || null, superRowAxis: nested(down),
      columnAxis: across[across.length - 1] || null, superColumnAxis: nested(across),
      placeOf(trial) {
        const [row, column] = [line(down, trial), line(across, trial)];
        const number = (cells.get(`${row}|${column}`) || []).indexOf(trial);
        const find = (all, wanted, its) => (number < 0 ? -1 : all.findIndex((one) => one.one.join() === wanted && one.number === its));
        return [find(tall, row, beside ? 0 : number), find(wide, column, beside ? number : 0)];
      },
    };
  }

  function wallLayout(width) {
    const trials = g.sorted();
    const most = Math.max(1, Math.floor((width - 3 * g.GAP) / (g.cellSize.width + g.GAP)));
    const rows = Array.from({ length: Math.ceil(trials.length / most) }, (_, row) => [row]);
    const place = new Map(trials.map((trial, at) => [trial, at]));
    return {
      kind: "wall", rows, columns: Array.from({ length: Math.min(most, trials.length) }, (_, column) => [column]),
      trialAt: (row, column) => (row < 0 || column < 0 || column >= most ? -1 : trials[row * most + column] ?? -1),
      rowAxis: null, superRowAxis: null, columnAxis: null, superColumnAxis: null,
      placeOf: (trial) => (place.has(trial) ? [Math.floor(place.get(trial) / most), place.get(trial) % most] : [-1, -1]),
    };
  }

  // Pixels of a cell's image: what was asked for. Else a small grid is seen whole, and a larger one fills the width.
  function measure(scroller, grid) {
    const [width, height] = g.table.data.largest;
    const longest = Math.max(width, height);
    const smallest = g.isNarrow() ? 64 : 80;
    const sized = (edge) => ({ width: Math.max(16, Math.round((edge * width) / longest)), height: Math.max(16, Math.round((edge * height) / longest)) });
    g.cellSize = sized(g.view.size || 160);
    if (g.view.size) return;
    const edge = grid ? fitGrid(scroller, grid, width / longest, height / longest) : fitWall(scroller, width / longest);
    g.cellSize = sized(Math.floor(g.clamp(edge, smallest, 480)));
  }

  function fitGrid(scroller, layout, wide, tall) {
    const bands = layout.superRowAxis ? new Set(layout.rows.map((row) => row[0])).size * g.BAND : 0;
    const room = scroller.clientHeight - g.headerHeight(layout, 160);
    const byWidth = ((scroller.clientWidth - g.headerWidth(layout) - 16) / layout.columns.length - g.GAP) / wide;
    const whole = Math.min(byWidth, ((room - bands - 16) / layout.rows.length - g.GAP - g.captionHeight()) / tall);
    // Of a grid that is not seen whole there are a row and a half, so that one sees that it goes on.
    const partly = Math.min(byWidth, (room / 1.5 - g.captionHeight()) / tall);
    return whole >= 140 && whole >= 0.66 * byWidth ? whole : partly;
  }

  function fitWall(scroller, wide) {
    const room = scroller.clientWidth - 3 * g.GAP;
    const columns = Math.max(2, Math.round(room / (g.cellSize.width + g.GAP)));
    return (room / columns - g.GAP) / wide;
  }

  // Of the row labels: as wide as their longest line, within reason.
  g.headerWidth = function (layout) {
    if (!layout.rowAxis) return 0;
    const words = [layout.rowAxis.title + " ↓", ...layout.rowAxis.values.flatMap((value) => value.label.split("\n"))];
    const most = g.isNarrow() ? 92 : 176;
    return g.clamp(Math.max(...words.map((word) => word.length)) * 7.5 + 30, g.hasPictures(layout.rowAxis) ? Math.min(120, most) : Math.min(88, most), most);
  };
  g.thumbnailEdge = (size) => Math.round(g.clamp(size * 0.45, 40, 88));
  g.headerHeight = function (layout, width = g.cellSize.width) {
    const label = layout.columnAxis ? g.HEADER + (g.hasPictures(layout.columnAxis) ? g.thumbnailEdge(width) + 6 : 0) + 16 * (g.labelLines(layout.columnAxis, width) - 1) : 0;
    return label + (layout.superColumnAxis ? 28 : 0);
  };
  g.hasPictures = (axis) => axis.values.some((value) => value.picture);
  // Lines that the longest label of columns needs, at most three; the rest is in its tooltip.
  g.labelLines = function (axis, width) {
    const letters = Math.max(4, Math.floor(width / 7));
    return g.clamp(Math.max(...axis.values.map((value) => value.label.split("\n").reduce((sum, line) => sum + Math.ceil((line.length || 1) / letters), 0))), 1, 3);
  };
  g.captionHeight = () => (g.view.caption ? 20 : 0) + (g.view.mode === "grid" ? 0 : 34);

  g.makeLayout = function (scroller) {
    const grid = g.view.mode === "grid" ? gridLayout() : null;
    measure(scroller, grid);
    const layout = grid || wallLayout(scroller.clientWidth);
    // The top of each row below the headers; a new super-row begins with a band for its name.
    const tops = [];
    let top = 0;
    const step = g.cellSize.height + g.captionHeight() + g.GAP;
    layout.rows.forEach((line, row) => {
      const begins = layout.superRowAxis && (row === 0 || layout.rows[row - 1][0] !== line[0]);
      if (begins) top += g.BAND;
      tops.push(top);
      top += step;
    });
    return Object.assign(layout, { tops, height: top, rowStep: step, columnStep: g.cellSize.width + g.GAP });
  };
})(window.gallery);
