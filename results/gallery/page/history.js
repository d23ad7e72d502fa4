// The address and the browser's history: the address always says the view, and Back closes what was opened last.
"use strict";

(function (g) {
  let ours = null;
  let depth = history.state?.depth ?? 0; // how many layers (the large view, a sheet of a phone) this history has open
  let closing = false; // between history.back() and its popstate, some moments later
  let next = null; // what is opened in between, to get its entry then
  const layers = []; // what closes each of those that this page opened

  function replace(state) {
    const address = new URL(location.href);
    address.hash = ours ?? "";
    try {
      history.replaceState(state, "", address.href);
    } catch {
      location.replace(address.href); // browsers that let no page of file:// change its history
    }
  }

  // Says the view in the address, without a new entry in the history: one flip of a slider is no page.
  g.writeHash = function () {
    const hash = g.toHash(g.view);
    if (hash === ours) return;
    ours = hash;
    replace({ depth });
  };

  g.isOurs = () => location.hash.replace(/^#/, "") === ours;

  // Opens a layer: `close` is called when the user goes back, and must do nothing where the layer is closed already.
  g.openLayer = function (close) {
    if (closing) return void (next = close);
    layers.push(close);
    depth++;
    try {
      history.pushState({ depth }, "", location.href);
    } catch {
      depth--;
      layers.pop();
    }
  };

  // Takes the last layer out of the history, where it is this one.
  g.closeLayer = function (close) {
    if (next === close) return void (next = null);
    if (layers[layers.length - 1] !== close) return;
    layers.pop();
    depth--;
    closing = true;
    history.back();
  };

  // Opens a dialog over the page; Escape, its button and Back close it.
  g.openDialog = function (dialog) {
    const close = () => dialog.open && dialog.close();
    g.openLayer(close);
    dialog.addEventListener("close", () => g.closeLayer(close), { once: true });
    dialog.showModal();
  };

  addEventListener("popstate", (event) => {
    const now = event.state ? event.state.depth : null;
    if (now === null) return; // a link to another view of this page: hashchange looks at it
    const closed = closing || layers.length > now;
    closing = false;
    while (layers.length > now) layers.pop()();
    depth = now;
    // What was looked at while the layer was open stays; only the layer is gone.
    if (closed && g.view) {
      ours = g.toHash(g.view);
      replace({ depth });
    }
    if (next) {
      const close = next;
      next = null;
      g.openLayer(close);
    }
  });
})(window.gallery);
