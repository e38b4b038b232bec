"""A browser without a screen, which notes all that a page asks, says and does."""

import shutil
import time
from pathlib import Path

import pytest

from boldglm.reporting.viewer_bundle import viewer_script

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--no-sandbox", "--disable-background-networking")
# Graphics computed by the processor: the same pixels on every machine
_SOFTWARE_GL = (
    *("--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader"),
    "--enable-unsafe-swiftshader",
)


class Visit:
    """A page that was opened, and what came of it.

    Attributes
    ----------
    page : playwright.sync_api.Page
    errors : list of str
        Errors of scripts and of the console, boxes that were opened.
    requests : list of str
        Addresses that were asked for, but for the page's own and pictures within it.
    """

    def __init__(self, context, path):
        self.page = context.new_page()
        self.errors, self.requests = [], []
        own = Path(path).as_uri()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._refuse)
        self.page.on(
            "request",
            lambda request: self._note(request.url, own),
        )
        self.page.goto(own)
        self.page.evaluate("window.boldglmReport?.ready")

    def _hear(self, message):
        # Software graphics are told to be slow; that is no error
        if message.type == "error":
            self.errors.append(message.text)

    def _refuse(self, dialog):
        self.errors.append(f"a box: {dialog.message}")
        dialog.dismiss()

    def _note(self, url, own):
        if url.split("#")[0] != own and not url.startswith("data:"):
            self.requests.append(url)

    def state(self, name):
        return self.page.evaluate(f"window.boldglmReport.{name}()")

    def until(self, expression):
        """Wait till something is so: waiting in the page its policy forbids."""
        end = time.monotonic() + 20
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never came true: {expression}"
            self.page.wait_for_timeout(20)

    def text(self, selector):
        return self.page.locator(selector).inner_text()


@pytest.fixture(scope="session")
def _playwright():
    api = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright (the test extra has it)"
    )
    with api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def start_browser(_playwright):
    """Start the browser of this machine with options, or skip."""
    found = [path for path in map(shutil.which, _NAMES) if path]
    if not found:
        pytest.skip(f"needs a browser: one of {', '.join(_NAMES)}")
    started = []

    def start(*options):
        browser = _playwright.chromium.launch(
            executable_path=found[0], args=[*_QUIET, *options]
        )
        started.append(browser)
        return browser

    yield start
    for browser in started:
        browser.close()


@pytest.fixture(scope="session")
def browser(start_browser):
    """With graphics, so that the viewer runs."""
    return start_browser(*_SOFTWARE_GL)


@pytest.fixture(scope="session")
def flat_browser(start_browser):
    """Without graphics."""
    return start_browser("--disable-3d-apis")


@pytest.fixture
def visit(browser, tmp_path):
    """Open a page; at the end there must be no error and no request."""
    yield from _visiting(browser, tmp_path)


@pytest.fixture
def flat_visit(flat_browser, tmp_path):
    """The same in a browser without graphics."""
    yield from _visiting(flat_browser, tmp_path)


def _visiting(browser, folder):
    visits, contexts = [], []

    def open_page(page, width=1280, height=900, **options):
        path = folder / f"page-{len(visits)}.html"
        path.write_bytes(page.encode())
        context = browser.new_context(
            viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        visits.append(Visit(context, path))
        return visits[-1]

    yield open_page
    for context in contexts:
        context.close()
    for one in visits:
        assert one.errors == []
        assert one.requests == []


@pytest.fixture(scope="session")
def bundle():
    """The viewer, or skip."""
    script = viewer_script()
    if script is None:
        pytest.skip("needs the viewer, which is built where npm is there")
    return script


@pytest.fixture(scope="session")
def axe():
    """The checker of accessibility, or skip."""
    path = Path(__file__).parents[2] / "viewer/node_modules/axe-core/axe.min.js"
    if not path.is_file():
        pytest.skip("needs axe-core: run 'npm ci' in viewer/")
    return path.read_text(encoding="utf-8")
