"""A look at the gallery with Firefox, outside the suite: `make firefox`. Ends with 0 where all is as it should be, and
where there is no Firefox, which it says.

Playwright drives only a Firefox of its own make. The one that Debian has speaks WebDriver BiDi: JSON over a WebSocket.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import aiohttp

from results.gallery.write import write_gallery
from tests.gallery.conftest import MakeRun

SECONDS = 60


class Firefox:
    """A page of a Firefox without a window. What it logs as an error is in `complaints`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._number = socket, itertools.count(1)
        self.complaints, self._page = [], None

    async def ask(self, method, **parameters):
        number = next(self._number)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = json.loads((await self._socket.receive()).data)
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] in ("error", "warn"):
                self.complaints.append(answer["params"]["text"])
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    async def begin(self):
        await self.ask("session.new", capabilities={})
        await self.ask("session.subscribe", events=["log.entryAdded"])
        self._page = (await self.ask("browsingContext.getTree"))["contexts"][0]["context"]

    async def open(self, address):
        for one in ("about:blank", address):
            await self.ask("browsingContext.navigate", context=self._page, url=one, wait="complete")
        await self.until("Boolean(window.gallery && gallery.layout)")

    async def value(self, script):
        target = {"context": self._page}
        answer = await self.ask("script.evaluate", expression=script, target=target, awaitPromise=True)
        if answer["type"] != "success":
            raise RuntimeError(f"{script}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    async def until(self, script):
        for _ in range(20 * SECONDS):
            if await self.value(script):
                print("ok   ", script)
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never: {script}")

    async def drag(self, selector, start, end):
        """With the mouse, from one share of an element's width to another."""
        script = f"JSON.stringify(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        box = json.loads(await self.value(script))
        at = [
            {"x": int(box["x"] + share * box["width"]), "y": int(box["y"] + box["height"] / 2)}
            for share in (start, end)
        ]
        moves = [{"type": "pointerMove", **at[0]}, {"type": "pointerDown", "button": 0}]
        moves += [{"type": "pointerMove", **at[1], "duration": 200}, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}
        await self.ask("input.performActions", context=self._page, actions=[mouse])

    async def back(self):
        await self.ask("browsingContext.traverseHistory", context=self._page, delta=-1)


async def look(page: Firefox, address: str) -> None:
    """What other tests do not see: what is done with images, pointers and history by this browser."""
    await page.begin()
    await page.open(address)
    images = "document.querySelectorAll('td img').length > 5"
    await page.until(f"{images} && [...document.querySelectorAll('td img')].every((one) => one.naturalWidth)")
    await page.drag("#slider-of-steps", 0.97, 0.03)
    await page.until("gallery.view.step === 0 && location.hash.includes('step=0')")
    await page.value("gallery.openViewer('one', 3)")
    await page.until("document.querySelector('#viewer').open && history.state.depth > 0")
    await page.back()
    await page.until("!document.querySelector('#viewer').open")
    await page.value("gallery.toggleStar(3)")
    await page.until("document.querySelectorAll('td .star').length === 1")
    await page.open(f"{address}#against=ratio")
    drawn = "[...document.querySelectorAll('td .against.difference')]"
    await page.until(f"{drawn}.length > 3")
    await page.open(f"{address}#view=plot&front=yes")
    await page.until("document.querySelectorAll('#plot canvas, #plot svg').length > 0")
    assert not page.complaints, page.complaints


async def main() -> None:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if not program:
        print("skipped: there is no Firefox here (apt-get install firefox-esr)")
        return
    with tempfile.TemporaryDirectory(prefix="firefox-") as folder, socket.socket() as free:
        metrics = {"style_distance": lambda number: 1 / (1 + number), "structural_similarity": lambda number: number}
        axes = {"style": ["swirls", "facets"], "ratio": [1e-4, 1e-3, 1e-2]}
        made = MakeRun(Path(folder, "run"), axes, metrics=metrics, kept=(0, 10))
        write_gallery(made.run)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        home = Path(folder, "home")
        home.mkdir()
        options = ["--headless", "--no-remote", "--profile", home, "--remote-debugging-port", str(port)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        browser = subprocess.Popen([program, *options], env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, **quiet)
        try:
            async with aiohttp.ClientSession() as http:
                for left in reversed(range(2 * SECONDS)):
                    try:
                        socket_ = await http.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0)
                        break
                    except aiohttp.ClientError:
                        assert left, "Firefox does not answer"
                        await asyncio.sleep(0.5)
                await look(Firefox(socket_), f"file://{folder}/run/gallery/index.html")
        finally:
            browser.terminate()
            browser.wait()
    print("Firefox shows the gallery as it should")


if __name__ == "__main__":
    asyncio.run(main())
