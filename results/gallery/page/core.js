// What all other files share: one global, elements made without HTML text, and numbers in words.
"use strict";
window.gallery = {};

(function (g) {
  g.byId = (id) => document.getElementById(id);

  // An element. Texts become text nodes and never markup, whatever a style is called. Properties that start with "on"
  // are listeners; the others are attributes, left out where they are null or false.
  g.make = function (tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  };

  g.fill = (element, ...children) => element.replaceChildren(...children.filter(Boolean));

  g.clamp = (number, low, high) => Math.min(high, Math.max(low, number));

  const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

  g.power = (exponent) => "10" + [...String(exponent)].map((one) => SUPERSCRIPTS[one]).join("");

  // A number as it would be written by hand: 0.94, 448, 2.5·10⁻⁶. Losses need no more than four digits.
  g.number = function (number, digits = 4) {
    if (number === null || number === undefined) return "–";
    if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
    const size = Math.abs(number);
    if (number === 0 || (size > 0.01 && size < 100000)) {
      return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(digits)));
    }
    if (Number.isInteger(number) && size < 1e7 && digits > 4) return String(number);
    const [mantissa, exponent] = number.toExponential(digits - 1).split("e");
    const power = g.power(Number(exponent));
    const shown = String(Number(mantissa));
    return shown === "1" ? power : shown === "-1" ? "-" + power : shown + "·" + power;
  };

  g.announce = function (text) {
    g.byId("announcement").textContent = text;
  };

  // Says at the top of the page what a person should know, until the next notice.
  g.notice = function (text) {
    const place = g.byId("notice");
    place.hidden = !text;
    place.textContent = text || "";
  };

  g.reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  // Loads a script beside the page; the only way that works from file:// too. A version keeps caches from old copies.
  g.load = function (path, version) {
    return new Promise((resolve, reject) => {
      const script = g.make("script", { src: path + (version ? "?v=" + encodeURIComponent(version) : "") });
      script.addEventListener("load", () => (script.remove(), resolve()));
      script.addEventListener("error", () => (script.remove(), reject(new Error(path + " cannot be loaded"))));
      document.head.append(script);
    });
  };
})(window.gallery);
