// Fingers: two pinch and pan all images at once, one swipes to the neighbours in the large view.
"use strict";

(function (g) {
  const SWIPE_PIXELS = 48;

  g.pinching = false; // while two fingers are down, neither of them drags

  // Two fingers on an image zoom it about the point between them, and move it. One finger scrolls the page as ever.
  g.listenForPinch = function (element) {
    let last = null; // where the fingers were: their middle, and how far apart
    let box = null;

    const look = ([one, other]) => ({
      x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2,
      apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
    });

    function onMove(event) {
      if (!last || event.touches.length !== 2) return;
      event.preventDefault();
      const now = look(event.touches);
      g.zoomBy(now.apart / Math.max(1, last.apart), (now.x - box.left) / box.width, (now.y - box.top) / box.height);
      g.panBy((now.x - last.x) / box.width, (now.y - last.y) / box.height);
      last = now;
    }

    element.addEventListener("touchstart", (event) => {
      const frame = event.target.closest(".frame");
      last = null;
      if (event.touches.length !== 2 || !frame) return;
      event.preventDefault();
      last = look(event.touches);
      g.pinching = true;
      box = frame.getBoundingClientRect();
      // Only now: a listener that may prevent scrolling makes all scrolling wait for it.
      element.addEventListener("touchmove", onMove, { passive: false });
    }, { passive: false });
    for (const end of ["touchend", "touchcancel"]) {
      element.addEventListener(end, () => {
        last = null;
        g.pinching = false;
        element.removeEventListener("touchmove", onMove);
      });
    }
  };

  // Calls `move` with rows and columns to go by when one finger swept over an image that is not zoomed.
  g.listenForSwipes = function (element, move) {
    let start = null;
    element.addEventListener("touchstart", (event) => {
      const alone = event.touches.length === 1 && g.view.zoom.factor === 1 && event.target.closest(".frame");
      start = alone ? { x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
    }, { passive: true });
    element.addEventListener("touchend", (event) => {
      if (!start || event.changedTouches.length !== 1) return;
      const [dx, dy] = [event.changedTouches[0].clientX - start.x, event.changedTouches[0].clientY - start.y];
      start = null;
      if (Math.max(Math.abs(dx), Math.abs(dy)) < SWIPE_PIXELS) return;
      if (Math.abs(dx) > 1.5 * Math.abs(dy)) move(0, dx < 0 ? 1 : -1);
      else if (Math.abs(dy) > 1.5 * Math.abs(dx)) move(dy < 0 ? 1 : -1, 0);
    }, { passive: true });
  };
})(window.gallery);
