"""A real browser without a window: opens a page, plays a script in it, and hands back what that saw."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--force-dark-mode",
    "--blink-settings=preferredColorScheme=0",
    "--enable-logging=stderr",
    "--virtual-time-budget=20000",
)
CATCH = (
    "<script>window.faults = []; addEventListener('error', (event) => faults.push(event.message));</script>"
)
HARNESS = """<!DOCTYPE html><meta charset="utf-8"><pre id="seen"></pre>
<iframe srcdoc="{page}" style="width: {width}px; height: 844px; border: 0"></iframe>
<script>
const seen = document.querySelector("#seen");
document.querySelector("iframe").addEventListener("load", (event) => {{
  const page = event.target.contentWindow;
  try {{ seen.textContent = JSON.stringify(({probe})(page, page.document)); }}
  catch (fault) {{ seen.textContent = JSON.stringify({{ broken: String(fault.stack) }}); }}
}});
</script>"""


def find_browser() -> str | None:
    """Return the browser that ROBUSTGEN_BROWSER names, or else the first of Chromium's kin on the path."""
    named = os.environ.get("ROBUSTGEN_BROWSER")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def play(browser: str, page: Path, probe: str, folder: Path, *, width: int) -> tuple[dict[str, Any], str]:
    """Open a page in a frame of the given width, on a dark screen, and call a function of (window, document).

    Returns
    -------
    seen : dict
        What the function returned.
    log : str
        What the browser wrote to its log, its console's messages among it.
    """
    watched = page.read_text().replace("<head>", f"<head>{CATCH}", 1)
    harness = folder / "harness.html"
    harness.write_text(HARNESS.format(page=escape(watched), probe=probe, width=width))
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", harness.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r'<pre id="seen">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, f"the browser showed no page: {done.stderr[-2000:]}"
    return json.loads(unescape(found[1])), done.stderr
