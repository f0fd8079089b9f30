"""The page in a real browser: headless Chromium, offline, at a desk's and at a phone's width.

The browser runs a script behind the page's own and prints what became of the document.
"""

import html
import json
import re
import shutil
import subprocess

import pytest

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which(
    "google-chrome")
pytestmark = pytest.mark.skipif(_CHROMIUM is None, reason="needs chromium (apt install chromium)")

_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync",
          "--disable-dev-shm-usage", "--dump-dom", "--virtual-time-budget=10000"]

# A frame is as narrow as a phone; a window is not. Errors of the page are its console's errors.
_HARNESS = """<!doctype html><meta charset="utf-8">
<iframe style="width:%dpx;height:800px;border:0"></iframe><pre id="said"></pre>
<script>
const frame = document.querySelector("iframe"), errors = [];
addEventListener("message", event => errors.push(event.data));
frame.onload = () => setTimeout(() => {
  const page = frame.contentDocument, view = frame.contentWindow;
  let said;
  try { said = (%s)(page, view); } catch (error) { errors.push(String(error)); }
  setTimeout(() => {
    document.getElementById("said").textContent = JSON.stringify({ errors, said });
    frame.remove();
  }, 50);
}, 200);
frame.srcdoc = %s;
</script>"""

_WATCH = """<script>
addEventListener("error", event => parent.postMessage(String(event.message || event.target.outerHTML), "*"), true);
addEventListener("securitypolicyviolation", event => parent.postMessage(event.violatedDirective, "*"));
const console_error = console.error;
console.error = (...words) => { parent.postMessage(words.join(" "), "*"); console_error(...words); };
</script>"""


def _run(report, tmp_path, script: str, width: int = 1200, dark: bool = False):
    """What `script` (a function of document and window) returns; the page may have no errors."""
    page = report.read_text().replace("<meta charset=\"utf-8\">",
                                      "<meta charset=\"utf-8\">" + _WATCH, 1)
    # Inside a script, an end of a script would end it.
    source = json.dumps(page).replace("</", "<\\/")
    (tmp_path / "harness.html").write_text(_HARNESS % (width, script, source))
    command = [_CHROMIUM, *_FLAGS, f"--user-data-dir={tmp_path}/profile", "--window-size=1280,900"]
    if dark:
        command.append("--blink-settings=preferredColorScheme=0")
    done = subprocess.run([*command, f"file://{tmp_path}/harness.html"], capture_output=True,
                          text=True, timeout=300)
    found = re.search(r"<pre id=\"said\">(.*?)</pre>", done.stdout, re.S)
    assert found and found[1], done.stderr[-2000:]
    result = json.loads(html.unescape(found[1]))
    assert result["errors"] == []
    return result["said"]


def test_everything_is_drawn(report, tmp_path):
    said = _run(report, tmp_path, """(page, view) => ({
        plots: page.querySelectorAll(".plot").length,
        drawn: [...page.querySelectorAll(".plot")].filter(p => p.querySelector("polyline")).length,
        pictures: page.images.length,
        loaded: [...page.images].filter(i => i.complete && i.naturalWidth > 0).length,
        requests: view.performance.getEntriesByType("resource")
            .filter(entry => !entry.name.startsWith("data:")).map(entry => entry.name),
    })""")
    assert said["plots"] == said["drawn"] > 8
    assert said["pictures"] == said["loaded"] > 20
    assert said["requests"] == []


@pytest.mark.parametrize("width", [375, 1200])
def test_nothing_is_wider_than_the_window(report, tmp_path, width):
    said = _run(report, tmp_path, """(page, view) => ({
        inner: view.innerWidth, page: page.documentElement.scrollWidth,
        plots: [...page.querySelectorAll(".plot svg")].map(s => s.getBoundingClientRect().right),
        sections: [...page.querySelectorAll("section")].map(s => s.getBoundingClientRect().right),
    })""", width)
    assert said["inner"] == width and said["page"] <= width
    assert max(said["plots"] + said["sections"]) <= width


def test_hovering_shows_the_values_of_the_nearest_point(report, tmp_path):
    said = _run(report, tmp_path, """(page, view) => {
        const svg = page.querySelector(".plot svg"), tip = page.getElementById("tip");
        const before = tip.hidden;
        const frame = svg.querySelector("g[data-label='JPEG'] circle").getBoundingClientRect();
        svg.dispatchEvent(new view.PointerEvent("pointermove", { bubbles: true,
            clientX: frame.x + frame.width / 2, clientY: frame.y + frame.height / 2 }));
        const shown = [tip.hidden, tip.innerText], box = tip.getBoundingClientRect();
        svg.dispatchEvent(new view.PointerEvent("pointerleave"));
        const left = tip.hidden;
        svg.dispatchEvent(new view.KeyboardEvent("keydown", { key: "ArrowRight" }));
        return { before, shown, left, inside: box.left >= 0 && box.right <= view.innerWidth,
                 keyboard: tip.innerText };
    }""", 375)
    assert said["before"] and said["left"] and said["inside"]
    hidden, text = said["shown"]
    assert not hidden and "JPEG, quality 20" in text and "bpp" in text and "PSNR" in text
    assert "FRR" in text and "cosine" in text and "bpp" in said["keyboard"]


def test_slider_choices_legend_and_sorting_work(report, tmp_path):
    said = _run(report, tmp_path, """(page, view) => {
        const act = (element, type) => element.dispatchEvent(new view.Event(type, { bubbles: true }));
        const compare = page.querySelector(".compare"), slider = compare.querySelector("input");
        slider.value = 25; act(slider, "input");
        const select = compare.querySelector("select.right"), pictures = new Set();
        for (const option of select.options) {
            select.value = option.value; act(select, "change");
            pictures.add(compare.querySelector(".under").src);
        }
        const clip = compare.querySelector(".over").style.clipPath, first = compare.querySelector(".over").src;
        const buttons = page.querySelectorAll(".chooser")[0].querySelectorAll("button");
        buttons[1].click();
        const second = compare.querySelector(".over").src;
        const group = page.querySelector(".group"), lines = () => group.querySelectorAll("g[data-label='WebP']").length;
        const drawn = lines();
        group.querySelector(".legend button[data-label='WebP']").click();
        const table = [...group.querySelectorAll("table")].at(-1);
        const numbers = () => [...table.tBodies[0].rows].map(
            row => parseFloat(row.cells[2].textContent.replace(",", "")));
        [...table.tHead.rows].at(-1).cells[2].click();
        const theme = view.getComputedStyle(page.body).backgroundColor;
        page.getElementById("theme").click();
        return { options: select.options.length, pictures: pictures.size, clip, changed: first !== second,
                 drawn, hidden: lines(), numbers: numbers(),
                 worst: [...group.querySelectorAll(".one")].filter(one => !one.hidden).length,
                 theme: theme !== view.getComputedStyle(page.body).backgroundColor };
    }""")
    assert said["clip"].startswith("inset(0") and "75%" in said["clip"] and said["changed"]
    assert said["options"] == said["pictures"] >= 5
    assert said["drawn"] > 0 and said["hidden"] == 0
    assert said["numbers"] == sorted(said["numbers"])
    assert said["worst"] == 1 and said["theme"]


def test_light_and_dark_follow_the_system(report, tmp_path):
    script = """(page, view) => ["body", "section"].map(name => {
        const style = view.getComputedStyle(page.querySelector(name));
        return [style.color, style.backgroundColor].map(colour => colour.match(/[0-9]+/g).slice(0, 3)
            .reduce((sum, part) => sum + Number(part), 0));
    })"""
    for ink, ground in _run(report, tmp_path, script):
        assert ink < 150 and ground > 700
    (tmp_path / "dark").mkdir()
    for ink, ground in _run(report, tmp_path / "dark", script, dark=True):
        assert ink > 600 and ground < 120
