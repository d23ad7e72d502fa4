// Numbers as people write and read them.
"use strict";

(function (g) {
  const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const PLAIN = new Map(Object.entries(SUPERSCRIPTS).map(([plain, raised]) => [raised, plain]));

  g.power = (exponent) => "10" + [...String(exponent)].map((one) => SUPERSCRIPTS[one]).join("");

  // One number as it would be written by hand: 0.94, 448, 2.5·10⁻⁶.
  g.number = function (number, digits = 4) {
    if (number === null || number === undefined) return "–";
    if (!Number.isFinite(number)) return Number.isNaN(number) ? "–" : number > 0 ? "∞" : "−∞";
    const size = Math.abs(number);
    if (number === 0 || (size > 0.01 && size < 100000)) {
      return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(digits)));
    }
    if (Number.isInteger(number) && size < 1e7 && digits > 4) return String(number);
    return scientific(number, digits, true);
  };

  function scientific(number, digits, short) {
    const [mantissa, exponent] = number.toExponential(digits - 1).split("e");
    const power = g.power(Number(exponent));
    const shown = short ? String(Number(mantissa)) : mantissa;
    return shown === "1" ? power : shown === "-1" ? "-" + power : shown + "·" + power;
  }

  // A function that writes all of these numbers in one notation, with as many digits as tell them apart, three to five.
  g.notation = function (numbers) {
    let [low, high] = [Infinity, 0]; // of the sizes that are not 0
    let [least, most] = [Infinity, -Infinity];
    let whole = true;
    for (const number of numbers) {
      if (!Number.isFinite(number)) continue;
      const size = Math.abs(number);
      if (size > 0 && size < low) low = size;
      if (size > high) high = size;
      if (number < least) least = number;
      if (number > most) most = number;
      whole = whole && Number.isInteger(number);
    }
    if (whole && high < 1e7) return (number) => (Number.isInteger(number) ? String(number) : g.number(number));
    const spread = most - least;
    const digits = spread > 0 ? g.clamp(Math.ceil(Math.log10(high / spread)) + 2, 3, 5) : 3;
    const plain = low >= 0.001 && high < 100000;
    return function (number) {
      if (!Number.isFinite(number)) return g.number(number);
      if (number === 0) return "0";
      if (!plain) return scientific(number, digits, false);
      const before = Math.floor(Math.log10(Math.abs(number))) + 1; // digits before the point: all of them are shown
      return before >= digits ? String(Math.round(number)) : number.toPrecision(digits);
    };
  };

  // The number that a person wrote: 1500, 1.5e3, 1,5e3, 10⁻³, 2.5·10⁻⁶, ∞. NaN where it is none.
  g.parseNumber = function (text) {
    let plain = text.trim().replace(/[−–]/g, "-").replace(/\s/g, "");
    if (/^[+-]?(∞|inf|infinity)$/i.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
    plain = plain.replace(/10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/, (_, raised) => "10^" + [...raised].map((one) => PLAIN.get(one)).join(""));
    const power = /^([+-]?[\d.,]*)[·×*x]?10\^([+-]?\d+)$/.exec(plain);
    if (power) plain = `${/\d/.test(power[1]) ? power[1] : power[1] + "1"}e${power[2]}`;
    if ((plain.match(/,/g) || []).length === 1 && !plain.includes(".")) plain = plain.replace(",", ".");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  };
})(window.gallery);
