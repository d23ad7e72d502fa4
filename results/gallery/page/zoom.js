// Zoom and pan over all images at once: three custom properties that every image's transform reads.
"use strict";

(function (g) {
  g.MOST_ZOOM = 32;

  // x and y say which point of the image stays where it is: 0 shows the left edge, 1 the right, and nothing in between
  // can pan an image out of its frame.
  g.applyZoom = function () {
    const style = document.documentElement.style;
    const { factor, x, y } = g.view.zoom;
    style.setProperty("--zoom", factor);
    style.setProperty("--x", `${100 * x}%`);
    style.setProperty("--y", `${100 * y}%`);
    document.documentElement.classList.toggle("zoomed", factor > 1);
  };

  // Multiplies the zoom; what is at (px, py) of a frame, from 0 to 1, stays there.
  g.zoomBy = function (times, px = 0.5, py = 0.5) {
    const { factor, x, y } = g.view.zoom;
    const wanted = g.clamp(factor * times, 1, g.MOST_ZOOM);
    const centre = (fixed, at) => {
      const shown = fixed + (at - fixed) / factor; // the point of the image that is there now
      return wanted === 1 ? 0.5 : g.clamp((shown * wanted - at) / (wanted - 1), 0, 1);
    };
    g.update({ zoom: { factor: wanted, x: centre(x, px), y: centre(y, py) } });
  };

  // Moves the images by a share of the frame.
  g.panBy = function (dx, dy) {
    const { factor, x, y } = g.view.zoom;
    if (factor === 1) return;
    g.update({ zoom: { factor, x: g.clamp(x - dx / (factor - 1), 0, 1), y: g.clamp(y - dy / (factor - 1), 0, 1) } });
  };

  g.resetZoom = () => g.update({ zoom: { factor: 1, x: 0.5, y: 0.5 } });

  // Ctrl and the wheel zoom, as a pinch does; dragging pans, and swallows the click that would follow.
  g.listenForZoom = function (element) {
    const frameAt = (event) => event.target.closest(".frame");
    element.addEventListener("wheel", (event) => {
      const frame = frameAt(event);
      if (!frame || !(event.ctrlKey || event.metaKey || element.dataset.wheel === "zoom")) return;
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      const times = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002));
      g.zoomBy(times, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    }, { passive: false });

    let drag = null;
    element.addEventListener("pointerdown", (event) => {
      const frame = frameAt(event);
      // A finger scrolls the grid even where images are zoomed; in the large view, where nothing scrolls, it pans.
      if (event.pointerType === "touch" && (element.dataset.wheel !== "zoom" || !event.isPrimary)) return;
      if (!frame || event.button !== 0 || g.view.zoom.factor === 1 || event.target.closest("input, button")) return;
      drag = { x: event.clientX, y: event.clientY, box: frame.getBoundingClientRect(), moved: false };
    });
    element.addEventListener("pointermove", (event) => {
      if (!drag || !event.buttons || g.pinching) return;
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.hypot(dx, dy) < 4) return;
      if (!drag.moved) element.setPointerCapture(event.pointerId);
      Object.assign(drag, { moved: true, x: event.clientX, y: event.clientY });
      g.panBy(dx / drag.box.width, dy / drag.box.height);
    });
    const end = () => {
      if (drag && drag.moved) {
        element.addEventListener("click", (event) => event.stopPropagation(), { capture: true, once: true });
        setTimeout(() => element.dispatchEvent(new Event("click")), 0); // where the release makes no click of its own
      }
      drag = null;
    };
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", () => (drag = null));
    g.listenForPinch(element);
    element.addEventListener("dragstart", (event) => event.preventDefault());
  };
})(window.gallery);
