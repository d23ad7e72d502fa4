// Conditions on columns, such as total_loss<100, and the order of the wall.
"use strict";

(function (g) {
  g.OPERATORS = ["<=", ">=", "!=", "=", "<", ">", "~"];
  g.OPERATOR_WORDS = { "=": "is", "!=": "is not", "<": "below", "<=": "at most", ">": "above", ">=": "at least", "~": "contains" };

  const MARKS = ["star", "tags", "note"]; // columns that are there as soon as something is marked

  // A condition from its text, null where it names no column. A value may hold anything, a name no operator.
  g.parseCondition = function (text) {
    const found = /^([^<>=!~]+)(<=|>=|!=|=|<|>|~)([^]*)$/.exec(text);
    return found && (g.table.column(found[1]) || MARKS.includes(found[1])) ? { column: found[1], operator: found[2], value: found[3] } : null;
  };

  g.conditionText = (condition) => condition.column + condition.operator + condition.value;

  const COMPARISONS = {
    "=": (one, other) => one === other,
    "!=": (one, other) => one !== other,
    "<": (one, other) => one < other,
    "<=": (one, other) => one <= other,
    ">": (one, other) => one > other,
    ">=": (one, other) => one >= other,
    "~": (one, other) => one.includes(other),
  };

  // The words for a trial's value: as the column has it and, on an axis, the label that people see.
  function wordsFor(column, trial) {
    const value = g.table.value(column, trial);
    const axis = g.table.axis(column.name);
    return [value === null ? null : String(value), axis ? axis.values[axis.codes[trial]].key : null].filter((word) => word !== null);
  }

  // A condition as a function of a trial.
  function test(condition) {
    const column = g.table.column(condition.column);
    if (!column) return () => condition.operator === "!=";
    const wanted = column.numbers ? g.parseNumber(condition.value) : NaN;
    const compare = COMPARISONS[condition.operator];
    if (!Number.isNaN(wanted) && condition.operator !== "~") {
      return (trial) => (column.numbers[trial] === null ? condition.operator === "!=" : compare(column.numbers[trial], wanted));
    }
    if (condition.operator === "!=") return (trial) => !wordsFor(column, trial).includes(condition.value);
    return (trial) => wordsFor(column, trial).some((word) => compare(word, condition.value));
  }

  // Why a condition can hold for no trial; null where it is well formed. A label of an axis is a value, too.
  g.conditionError = function (condition) {
    const column = g.table.column(condition.column);
    if (condition.value.trim() === "") return "Write a value first.";
    const axis = g.table.axis(column.name);
    const isLabel = axis && axis.values.some((value) => value.key === condition.value);
    if (column.numbers && !isLabel && Number.isNaN(g.parseNumber(condition.value))) return `${condition.value} is not a number. Write it as 1500, 1.5e3 or 10⁻³.`;
    return null;
  };

  let compiled = { where: null, columns: null, tests: [] };

  g.passes = function (trial) {
    if (compiled.where !== g.view.where || compiled.columns !== g.table.columns) compiled = { where: g.view.where, columns: g.table.columns, tests: g.view.where.map(test) };
    return compiled.tests.every((holds) => holds(trial));
  };

  const RANKS = { done: 0, failed: 1, missing: 2 };

  // The trials that pass, in the order that was asked for. Failed ones come last, and before them what has no value: the
  // numbers of a failed trial are those of its last good image and say nothing.
  g.sorted = function () {
    const trials = [];
    for (let trial = 0; trial < g.table.count; trial++) if (g.passes(trial) && g.isShown(trial)) trials.push(trial);
    const sort = g.view.sort;
    if (!sort) return trials;
    const axis = g.table.axis(sort.column);
    const column = g.table.column(sort.column);
    if (!column && !axis) return trials;
    const key = axis ? (trial) => axis.codes[trial] : (trial) => g.table.value(column, trial);
    const sign = sort.down ? -1 : 1;
    return trials.sort((one, other) => {
      const ranks = RANKS[g.table.status[one]] - RANKS[g.table.status[other]];
      if (ranks) return ranks;
      const [first, second] = [key(one), key(other)];
      if (first === null || second === null) return (first === null) - (second === null) || one - other;
      return sign * (first < second ? -1 : first > second ? 1 : 0) || one - other;
    });
  };

  const PYTHON = { "=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" };

  const pythonNumber = (number) => (Number.isFinite(number) ? String(number) : number > 0 ? "inf" : "-inf");

  // The same condition for pandas' DataFrame.query.
  g.conditionQuery = function (condition) {
    const column = g.table.column(condition.column);
    const name = /^[A-Za-z_]\w*$/.test(column.name) ? column.name : "`" + column.name + "`";
    const wanted = column.numbers ? g.parseNumber(condition.value) : NaN;
    if (!Number.isNaN(wanted)) return `${name} ${PYTHON[condition.operator] || "=="} ${pythonNumber(wanted)}`;
    if (column.group === "mark") {
      const holds = test(condition);
      return `trial_id in ${JSON.stringify(g.table.ids.filter((_, trial) => holds(trial)))}`;
    }
    const positive = { ...condition, operator: condition.operator === "!=" ? "=" : condition.operator };
    const matches = test(positive);
    const axis = g.table.axis(column.name);
    const words = axis ? axis.values : "constant" in column ? [column.constant] : column.words || [];
    const queries = axis ? axis.values.map((value) => value.query) : column.queries || [];
    const codes = axis ? axis.codes : column.codes || [];
    const chosen = words.flatMap((word, code) => {
      const trial = codes.indexOf(code);
      if (trial >= 0 ? !matches(trial) : !COMPARISONS[positive.operator](String(word), condition.value)) return [];
      return [queries[code] || `${name} == ${JSON.stringify(axis ? word.key : word)}`];
    });
    const either = chosen.join(" or ") || `${name} == ${JSON.stringify(condition.value)}`;
    return condition.operator === "!=" ? `not (${either})` : chosen.length > 1 ? `(${either})` : either;
  };
})(window.gallery);
