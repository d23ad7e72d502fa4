// What all other files share: one global, elements that are made without HTML text, messages, and loading of scripts.
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

  // The same as `make`, for parts that are drawn again at every change: Preact then changes only what differs, so that an
  // input that is being dragged, or that has the focus, stays the same element.
  g.h = (tag, properties, ...children) => preact.h(tag, properties, ...children);

  // Draws elements of `h` into a place that nothing else writes to.
  g.draw = (place, ...children) => preact.render(preact.h(preact.Fragment, null, ...children), place);

  g.clamp = (number, low, high) => Math.min(high, Math.max(low, number));

  g.announce = function (text) {
    g.byId("announcement").textContent = text;
  };

  // Says at the top of the page what a person should know, until the next notice.
  g.notice = function (text) {
    const place = g.byId("notice");
    place.hidden = !text;
    place.textContent = text || "";
  };

  // Whether this page may ask a server: `sweep gallery --serve` says so in the page's policy, no other server does.
  g.served = () => document.querySelector("meta[http-equiv=Content-Security-Policy]").content.includes("connect-src 'self'");

  // Asks it, with something that can be JSON. Answers that say no are errors with their reason.
  g.ask = async function (path, given) {
    const answer = await fetch(path, given && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) });
    if (!answer.ok) throw Object.assign(new Error(await answer.text()), { refused: true });
    return answer;
  };

  // Saves bytes as a file of this name.
  g.save = function (blob, name) {
    const link = g.make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  // A phone, upright or not: details and the toolbar lie over the images there. As in narrow.css.
  const narrow = matchMedia("(max-width: 700px), (max-height: 500px)");
  g.isNarrow = () => narrow.matches;

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
