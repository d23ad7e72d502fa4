// What the page works out, without a browser: numbers, filters, links, fronts, the layout.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOGIC, RUN, load } from "./load.mjs";

const equal = (found, expected) => assert.deepEqual(JSON.parse(JSON.stringify(found)), expected);

test("numbers are read as people write them", () => {
  const { parseNumber } = load(["numbers"]);
  const read = { "1500": 1500, "1.5e3": 1500, "1,5e3": 1500, "10⁻³": 1e-3, "2.5·10⁻⁶": 2.5e-6, "2,5 × 10^-6": 2.5e-6, "-3": -3, "−3": -3, ".5": 0.5, "∞": Infinity, "-inf": -Infinity, " 7 ": 7 };
  for (const [text, number] of Object.entries(read)) assert.ok(Math.abs(parseNumber(text) - number) <= 1e-12 * Math.abs(number) || parseNumber(text) === number, text);
  for (const text of ["", "few", "1e", "1,2,3", "1.2.3", "0x10", "1 000 000,5.5", "NaN", "--1"]) assert.ok(Number.isNaN(parseNumber(text)), text);
});

test("what a number is written as is read as that number", () => {
  const { parseNumber, number } = load(["numbers"]);
  for (const one of [0.94, 448, 2.5e-6, 1e-4, -1e-4, 123456, 1e9, 0]) assert.ok(Math.abs(parseNumber(number(one, 7)) - one) <= 1e-6 * Math.abs(one), number(one, 7));
});

test("numbers of one view have one notation and no digits that say nothing", () => {
  const { notation } = load(["numbers"]);
  const written = (numbers) => numbers.map(notation(numbers));
  equal(written([42710.3, 4715.2, 880.24]), ["42710", "4715", "880"]);
  equal(written([0.0001234, 123456]), ["1.23·10⁻⁴", "1.23·10⁵"]);
  equal(written([0.2123, 0.172, 0.2204]), ["0.212", "0.172", "0.220"]);
  equal(written([0.50001, 0.50002]), ["0.50001", "0.50002"]);
  equal(written([1, 2, 10]), ["1", "2", "10"]);
  equal(written([]), []);
  assert.equal(notation([1.5, 2])(null), "–");
});

test("conditions hold for values and labels, and say what is wrong with them", () => {
  const g = load(LOGIC, RUN);
  const passing = (...texts) => {
    g.view.where = texts.map(g.parseCondition);
    return [...g.table.ids.keys()].filter(g.passes);
  };
  equal(passing("total_loss<4e2"), [3, 5]);
  equal(passing("total_loss!=500"), [0, 2, 3, 4, 5]);
  equal(passing("ratio>=10⁻³", "style=many"), [4, 5]);
  equal(passing("style!=few"), [3, 4, 5]);
  equal(passing("style=a"), [0, 1, 2]);
  equal(passing("style~an"), [3, 4, 5]);
  equal(g.parseCondition("nothing<1"), null);
  assert.match(g.conditionError({ column: "total_loss", operator: "<", value: "few" }), /not a number/);
  assert.equal(g.conditionError({ column: "ratio", operator: "=", value: "10⁻³" }), null);
  assert.equal(g.conditionError({ column: "style", operator: "=", value: "many" }), null);
  assert.equal(g.conditionQuery({ column: "style", operator: "!=", value: "many" }), "not (style == 'b')");
  assert.equal(g.conditionQuery({ column: "total_loss", operator: "<", value: "4,5e2" }), "total_loss < 450");
});

test("the wall's order has failures last and what has no value before them", () => {
  const g = load(LOGIC, RUN);
  g.view.sort = { column: "total_loss", down: false };
  equal(g.sorted(), [3, 2, 1, 0, 4, 5]);
  g.view.sort.down = true;
  equal(g.sorted(), [0, 1, 2, 3, 4, 5]);
});

test("a link says the view, and gives it again", () => {
  const g = load(LOGIC, RUN);
  const links = [
    "view=wall&sort=-total_loss&caption=&size=120",
    "rows=ratio&columns=&super-rows=&super-columns=&at.style=many&hide.ratio=10%E2%81%BB%C2%B3&heat=tint&against=ratio&by=swipe&gain=2&step=10",
    "view=plot&chart=parallel&plot.x=total_loss&plot.colour=&front=yes",
    `where=total_loss%3C%3D500&zoom=2.5&x=0.25&y=0.75&select=${RUN.trials.ids[0]}%2C${RUN.trials.ids[1]}&show=swipe&pin=content`,
    `show=side&pin=${RUN.trials.ids[0]}%2C${RUN.trials.ids[2]}`,
  ];
  for (const link of links) {
    const { view, unknown } = g.fromHash(link);
    equal(unknown, []);
    assert.equal(g.toHash(view), link);
  }
  const { view, unknown } = g.fromHash("hide.style=few&hide.style=many&against=no&at.ratio=7&plot.x=error&view=all");
  equal(unknown, ["column error", "ratio 7", "axis no"]);
  equal(view.hidden, {}); // one value at least is shown
  assert.equal(view.mode, "grid");
});

test("the front is what no other trial beats in both", () => {
  const g = load(LOGIC, RUN);
  const brute = (trials, first, second, better) => {
    const sign = better.map((smaller) => (smaller ? 1 : -1));
    const cost = (trial) => [sign[0] * first.value(trial), sign[1] * second.value(trial)];
    return trials.filter((one) => !trials.some((other) => {
      const [[a, b], [c, d]] = [cost(other), cost(one)];
      return a <= c && b <= d && (a < c || b < d);
    }));
  };
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) % 12; // few values, so that many are equal
  for (let round = 0; round < 60; round++) {
    const points = Array.from({ length: 25 }, () => [random(), random()]);
    const [first, second] = [0, 1].map((at) => ({ value: (trial) => points[trial][at] }));
    const better = [round % 2 === 0, round % 3 === 0];
    const trials = points.map((_, trial) => trial);
    equal(g.paretoFront(trials, first, second, better).sort((one, other) => one - other), brute(trials, first, second, better));
  }
});

test("a failed trial is no measurement", () => {
  const g = load(LOGIC, RUN);
  assert.equal(g.dimension("style_distance").value(5), null);
  assert.equal(g.dimension("style_distance").low, 0.1);
  equal(g.frontOf(), [0, 2, 1].sort((one, other) => g.table.column("style_distance").numbers[one] - g.table.column("style_distance").numbers[other]));
});

test("a brush keeps what is between two places, and goes away again", () => {
  const g = load(LOGIC, RUN);
  for (const name of ["total_loss", "ratio"]) {
    const dimension = g.dimension(name);
    for (const place of [0.1, 0.5, 0.9]) assert.ok(Math.abs(dimension.place(dimension.at(place)) - place) < 1e-9);
  }
  const change = {};
  g.brush(change, g.dimension("total_loss"), 0.03, 0.5);
  g.brush(change, g.dimension("ratio"), 0.4, 1);
  Object.assign(g.view, change);
  equal(g.view.hidden, { ratio: [0] });
  equal(g.view.where.map(g.conditionText), ["total_loss>=300", "total_loss<=450"]);
  const back = {};
  g.unbrush(back, g.dimension("total_loss"));
  g.unbrush(back, g.dimension("ratio"));
  equal(back, { where: [], hidden: {} });
});

test("the snapshot of a step is the last one that was kept until then", () => {
  const snapshots = { steps: [[0, 10, 20], [0, 10]], codes: [0, 1, -1, 0, 0, 0], by: [null, "ff".repeat(10), null, null, null, null], ends: [30, 20, 30, 30, 30, 30] };
  const g = load(LOGIC, { ...RUN, snapshots });
  equal(g.keptSteps(), [0, 10, 20]);
  equal([0, 9, 10, 25, 30, null].map((step) => g.snapshotStep(0, step)), [0, 0, 10, 20, null, null]);
  equal([10, 20].map((step) => g.snapshotStep(1, step)), [10, null]); // it ended there
  assert.equal(g.snapshotStep(2, 10), null);
  assert.equal(g.snapshotPath(1, 10), `../frames/ff/${"ff".repeat(10)}/0000010.webp`);
});

test("what every trial has is unpacked", () => {
  const g = load(["unpack"]);
  const base64 = Buffer.from("00ff10a0" + "00000000" + "deadbeef", "hex").toString("base64");
  const trials = g.unpackTrials({ ids: ["a", "b", "c"], states: "DFm", sizes: { values: [[4, 3], null], codes: [0, 0, 1] }, thumbnails: { digits: 8, base64 } });
  equal(trials, { ids: ["a", "b", "c"], status: ["done", "failed", "missing"], hasImage: [true, true, false], sizes: [[4, 3], [4, 3], null], runs: null, draws: null, thumbnails: ["00/00ff10a0", null, "de/deadbeef"] });
  equal(g.unpackTrials({ ids: [], states: "", sizes: { values: [], codes: null }, thumbnails: [] }).ids, []);
});
