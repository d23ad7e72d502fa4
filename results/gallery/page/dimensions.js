// What charts draw along: an axis of the grid in its order, or a column of numbers; and what a brush on one means.
"use strict";

(function (g) {
  // Columns of which more is better. Of losses, distances and times less is.
  const MORE_IS_BETTER = new Set(["structural_similarity", "iterations_per_second"]);

  let known = { columns: null, byName: new Map() }; // each looks at all trials, and is asked for at every change

  // A dimension by the name of an axis or a column; null where its values say nothing.
  // value(trial) is a number or null, place(value) is where it is from 0 to 1, at(place) the value there.
  g.dimension = function (name) {
    if (known.columns !== g.table.columns) known = { columns: g.table.columns, byName: new Map() };
    if (!known.byName.has(name)) known.byName.set(name, makeDimension(name));
    return known.byName.get(name);
  };

  function makeDimension(name) {
    const axis = g.table.axis(name);
    if (axis && !isDrawnNumber(axis)) {
      const last = axis.values.length - 1;
      return {
        name, title: axis.title, axis, low: 0, high: last, log: false, value: (trial) => axis.codes[trial],
        place: (code) => (code + 0.5) / (last + 1), at: (place) => place * (last + 1) - 0.5, tick: (code) => axis.values[code].key,
        ticks: axis.values.map((_, code) => code),
      };
    }
    const column = g.table.column(name);
    if (!column || !column.numbers) return null;
    const value = (trial) => (g.table.status[trial] === "done" && Number.isFinite(column.numbers[trial] ?? NaN) ? column.numbers[trial] : null);
    let [low, high] = [Infinity, -Infinity];
    for (let trial = 0; trial < g.table.count; trial++) {
      const number = value(trial);
      if (number === null) continue;
      if (number < low) low = number;
      if (number > high) high = number;
    }
    if (!(high > low)) return null;
    const log = low > 0 && high / low > 50;
    const [scale, back] = log ? [Math.log10, (number) => 10 ** number] : [(number) => number, (number) => number];
    const [from, to] = [scale(low), scale(high)];
    return {
      name, title: column.title, axis: null, low, high, log, value, tick: (number) => g.number(number, 3),
      place: (number) => 0.03 + (0.94 * (scale(number) - from)) / (to - from), at: (place) => back(from + ((place - 0.03) / 0.94) * (to - from)),
      ticks: log ? powers(low, high) : steps(low, high),
    };
  }

  // Charts show drawn numbers themselves, not the ranges that rows have.
  const isDrawnNumber = (axis) => Boolean(axis.drawn && g.table.column(axis.name)?.numbers);

  function powers(low, high) {
    const found = [];
    for (let exponent = Math.ceil(Math.log10(low)); exponent <= Math.floor(Math.log10(high)); exponent++) found.push(10 ** exponent);
    return found.length > 1 ? found : [low, high];
  }

  // Four or so round numbers.
  function steps(low, high) {
    const raw = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= raw);
    const found = [];
    for (let number = Math.ceil(low / step); number * step <= high; number++) found.push(Number((number * step).toPrecision(6)));
    return found;
  }

  // What charts offer: the axes, and all columns of numbers that differ.
  g.dimensionNames = function () {
    const columns = g.table.columns.filter((column) => column.numbers && !g.table.axis(column.name) && g.dimension(column.name));
    return [{ label: "Axes", options: g.table.axes.map((axis) => [axis.name, axis.title]) }, { label: "Numbers", options: columns.map((column) => [column.name, column.title]) }].filter((group) => group.options.length);
  };

  g.smallerIsBetter = (name) => (g.table.data.run.objectives?.[name] || (MORE_IS_BETTER.has(name) ? "higher" : "lower")) === "lower";

  // Keeps only what is between two places of a dimension, as conditions that filters and links have, too.
  g.brush = function (change, dimension, from, to) {
    const [low, high] = [dimension.at(Math.min(from, to)), dimension.at(Math.max(from, to))];
    if (dimension.axis) {
      const codes = dimension.axis.values.map((_, code) => code).filter((code) => code < low || code > high);
      change.hidden = { ...(change.hidden || g.view.hidden) };
      delete change.hidden[dimension.name];
      if (codes.length && codes.length < dimension.axis.values.length) change.hidden[dimension.name] = codes;
      return;
    }
    const others = (change.where || g.view.where).filter((condition) => condition.column !== dimension.name || !["<=", ">="].includes(condition.operator));
    const short = (number) => String(Number(number.toPrecision(5)));
    change.where = [...others, { column: dimension.name, operator: ">=", value: short(low) }, { column: dimension.name, operator: "<=", value: short(high) }];
  };

  g.unbrush = function (change, dimension) {
    if (dimension.axis) {
      change.hidden = { ...(change.hidden || g.view.hidden) };
      delete change.hidden[dimension.name];
    } else change.where = (change.where || g.view.where).filter((condition) => condition.column !== dimension.name || !["<=", ">="].includes(condition.operator));
  };

  // Which of these trials no other one beats in both dimensions. `better` says whether smaller is better in each.
  g.paretoFront = function (trials, first, second, better) {
    const sign = better.map((smaller) => (smaller ? 1 : -1));
    const points = trials.map((trial) => ({ trial, x: first.value(trial), y: second.value(trial) })).filter((point) => point.x !== null && point.y !== null);
    points.sort((one, other) => sign[0] * (one.x - other.x) || sign[1] * (one.y - other.y));
    const front = [];
    let best = Infinity;
    let last = null;
    for (const point of points) {
      const y = sign[1] * point.y;
      const equal = last && point.x === last.x && point.y === last.y;
      if (y < best || equal) front.push(point.trial);
      if (y < best) [best, last] = [y, point];
    }
    return front;
  };
})(window.gallery);
