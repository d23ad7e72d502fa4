// Hints are pixels that are opaque or transparent, never between: the brush draws rows of whole pixels. After each change
// the server is sent the hints and answers with the coloured sketch; while it paints, later changes wait together.
(() => {
  "use strict";
  const PALETTE = ["#000000", "#7a7a7a", "#ffffff", "#7c4a28", "#d84a3c", "#f08a2c", "#f2c83c", "#7cb858", "#2e7d4a", "#8fc8ee", "#3478c4", "#23408e", "#7c5a9a", "#e884b4", "#f4cca8", "#a87450"];
  const MOST_UNDO = 60;
  const find = (id) => document.getElementById(id);
  const hints = find("hints");
  const pen = hints.getContext("2d", { willReadFrequently: true });
  const earlier = [];
  let colour = PALETTE[4], erases = false, last = null, painting = false, waiting = false;

  function say(message) { find("message").textContent = message; }

  async function ask(path, options) {
    const answer = await fetch(path, options);
    if (!answer.ok) throw new Error((await answer.text()).trim() || answer.statusText);
    return answer;
  }

  async function draw(canvas, blob) {
    const bitmap = await createImageBitmap(blob);
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  const asPng = () => new Promise((done) => hints.toBlob(done, "image/png"));

  async function repaint() {
    if (painting) { waiting = true; return; }
    painting = true;
    find("painted").setAttribute("aria-busy", "true");
    find("state").textContent = "painting …";
    try {
      do {
        waiting = false;
        const began = performance.now();
        const answer = await ask("painted", { method: "POST", body: await asPng() });
        await draw(find("painted"), await answer.blob());
        find("state").textContent = `coloured in ${((performance.now() - began) / 1000).toFixed(2)} s`;
      } while (waiting);
      say("");
    } catch (error) {
      say(`The sketch could not be coloured: ${error.message}`);
    } finally {
      painting = false;
      find("painted").removeAttribute("aria-busy");
    }
  }

  function place(event) {
    const box = hints.getBoundingClientRect();
    return [Math.floor((event.clientX - box.left) / box.width * hints.width), Math.floor((event.clientY - box.top) / box.height * hints.height)];
  }

  function dot(x, y) {
    const radius = (Number(find("size").value) - 1) / 2;
    for (let down = -Math.floor(radius); down <= radius; down += 1) {
      const half = Math.floor(Math.sqrt(radius * radius - down * down));
      if (erases) pen.clearRect(x - half, y + down, 2 * half + 1, 1);
      else pen.fillRect(x - half, y + down, 2 * half + 1, 1);
    }
  }

  function stroke([x, y]) {
    const [fromX, fromY] = last || [x, y];
    const steps = Math.max(Math.abs(x - fromX), Math.abs(y - fromY), 1);
    pen.fillStyle = colour;
    for (let step = 0; step <= steps; step += 1) dot(Math.round(fromX + (x - fromX) * step / steps), Math.round(fromY + (y - fromY) * step / steps));
    last = [x, y];
  }

  function remember() {
    earlier.push(pen.getImageData(0, 0, hints.width, hints.height));
    if (earlier.length > MOST_UNDO) earlier.shift();
    buttons();
  }

  function buttons() {
    find("undo").disabled = earlier.length === 0;
    find("clear").disabled = !pen.getImageData(0, 0, hints.width, hints.height).data.some((value, at) => at % 4 === 3 && value);
  }

  function changed() {
    find("kept").hidden = true;
    buttons();
    repaint();
  }

  function undo() {
    if (!earlier.length || last) return;
    pen.putImageData(earlier.pop(), 0, 0);
    changed();
  }

  function choose(chosen) {
    colour = chosen;
    use(false);
    find("own").value = chosen;
    for (const one of find("palette").children) one.setAttribute("aria-checked", String(one.dataset.colour === chosen));
  }

  function use(eraser) {
    erases = eraser;
    find("brush").setAttribute("aria-pressed", String(!eraser));
    find("eraser").setAttribute("aria-pressed", String(eraser));
  }

  hints.addEventListener("pointerdown", (event) => {
    if (event.button || last) return;
    event.preventDefault();
    hints.setPointerCapture(event.pointerId);
    remember();
    stroke(place(event));
    repaint();
  });
  hints.addEventListener("pointermove", (event) => {
    if (!last || !hints.hasPointerCapture(event.pointerId)) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) stroke(place(one));
    repaint();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    hints.addEventListener(end, () => { if (last) { last = null; changed(); } });
  }
  find("undo").addEventListener("click", undo);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); undo(); }
  });
  find("clear").addEventListener("click", () => { remember(); pen.clearRect(0, 0, hints.width, hints.height); changed(); });
  find("brush").addEventListener("click", () => use(false));
  find("eraser").addEventListener("click", () => use(true));
  find("own").addEventListener("input", () => choose(find("own").value));
  for (const one of PALETTE) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", title: one });
    button.dataset.colour = one;
    button.style.background = one;
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", one);
    button.addEventListener("click", () => choose(one));
    find("palette").append(button);
  }

  async function start() {
    const easel = await (await ask("easel")).json();
    await draw(find("sketch"), await (await ask("sketch")).blob());
    await draw(hints, await (await ask("hints")).blob());
    find("size").max = Math.max(24, Math.round(Math.max(...easel.size) / 12));
    find("save").addEventListener("click", async () => {
      try {
        await ask("keep", { method: "POST", body: await asPng() });
        find("saved").textContent = `Saved in ${easel.file}. In a grid:`;
        find("line").textContent = easel.line;
        find("kept").hidden = false;
        say("");
      } catch (error) {
        say(`The hints were not saved: ${error.message}`);
      }
    });
    choose(colour);
    buttons();
    await repaint();
    document.body.dataset.ready = "";
  }

  start().catch((error) => say(`This page could not start: ${error.message}`));
})();
