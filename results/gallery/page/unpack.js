// What every trial has, as results/gallery/packing.py packs it.
"use strict";

(function (g) {
  const HEXADECIMAL = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
  const STATES = { D: ["done", true], d: ["done", false], F: ["failed", true], f: ["failed", false], m: ["missing", false] };

  function names(packed) {
    if (Array.isArray(packed)) return packed;
    const bytes = atob(packed.base64);
    const size = packed.digits / 2;
    const zeros = "00".repeat(size);
    return Array.from({ length: bytes.length / size }, (_, at) => {
      let name = "";
      for (let place = at * size; place < (at + 1) * size; place++) name += HEXADECIMAL[bytes.charCodeAt(place)];
      return name === zeros ? null : name;
    });
  }

  const repeated = ({ values, codes }, count) => Array.from({ length: count }, (_, at) => values[codes ? codes[at] : 0]);

  // The trials' lists: ids, status, hasImage, sizes, runs, draws, thumbnails.
  g.unpackTrials = function (packed) {
    const states = [...packed.states].map((letter) => STATES[letter]);
    return {
      ids: names(packed.ids), status: states.map(([status]) => status), hasImage: states.map(([, image]) => image),
      sizes: repeated(packed.sizes, states.length), runs: packed.runs ? repeated(packed.runs, states.length) : null,
      draws: packed.draws || null,
      thumbnails: names(packed.thumbnails).map((hash) => (hash === null ? null : `${hash.slice(0, 2)}/${hash}`)),
    };
  };
})(window.gallery);
