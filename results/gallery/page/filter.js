// Conditions on columns, such as total_loss<100, and the order of the wall.
"use strict";

(function (g) {
  g.OPERATORS = ["<=", ">=", "!=", "=", "<", ">", "~"];
  g.OPERATOR_WORDS = { "=": "is", "!=": "is not", "<": "below", "<=": "at most", ">": "above", ">=": "at least", "~": "contains" };

  // A condition from its text, null where it names no column. A value may hold anything, a name no operator.
  g.parseCondition = function (text) {
    const found = /^([^<>=!~]+)(<=|>=|!=|=|<|>|~)([^]*)$/.exec(text);
    return found && g.table.column(found[1]) ? { column: found[1], operator: found[2], value: found[3] } : null;
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

  function holds(condition, trial) {
    const column = g.table.column(condition.column);
    const value = g.table.value(column, trial);
    if (value === null) return condition.operator === "!=";
    if (typeof value === "number" && condition.operator !== "~") {
      const wanted = Number(condition.value);
      return condition.value.trim() !== "" && !Number.isNaN(wanted) && COMPARISONS[condition.operator](value, wanted);
    }
    return COMPARISONS[condition.operator](String(value), condition.value);
  }

  g.passes = (trial) => g.view.where.every((condition) => holds(condition, trial));

  // The trials that pass, in the order that was asked for; what has no value comes last.
  g.sorted = function () {
    const trials = [];
    for (let trial = 0; trial < g.table.count; trial++) if (g.passes(trial)) trials.push(trial);
    const sort = g.view.sort;
    if (!sort) return trials;
    const axis = g.table.axis(sort.column);
    const column = g.table.column(sort.column);
    const key = axis ? (trial) => axis.codes[trial] : (trial) => g.table.value(column, trial);
    const sign = sort.down ? -1 : 1;
    return trials.sort((one, other) => {
      const [first, second] = [key(one), key(other)];
      if (first === null || second === null) return (first === null) - (second === null) || one - other;
      return sign * (first < second ? -1 : first > second ? 1 : 0) || one - other;
    });
  };

  const PYTHON = { "=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" };

  // The same condition for pandas' DataFrame.query.
  g.conditionQuery = function (condition) {
    const column = g.table.column(condition.column);
    const name = /^[A-Za-z_]\w*$/.test(column.name) ? column.name : "`" + column.name + "`";
    if (column.numbers) return `${name} ${PYTHON[condition.operator] || "=="} ${Number(condition.value)}`;
    const words = "constant" in column ? [column.constant] : column.words;
    const chosen = words.filter((word) => COMPARISONS[condition.operator === "!=" ? "=" : condition.operator](word, condition.value));
    const query = (word) => (column.queries || [])[words.indexOf(word)] || `${name} == ${JSON.stringify(word)}`;
    const either = chosen.map(query).join(" or ") || `${name} == ${JSON.stringify(condition.value)}`;
    return condition.operator === "!=" ? `not (${either})` : chosen.length > 1 ? `(${either})` : either;
  };
})(window.gallery);
