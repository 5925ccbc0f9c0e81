"""How long an operator waits for the console: `python -m bench.console [MERCHANTS]`, 1,000 if left out.

A worker with no Kafka and no Amazon, and eleven lanes of each merchant with nothing to do, as in bench/scrape.py; a
Chromium on the same machine (`make browser`), with nothing in its cache. From the navigation's start to the frame that
shows the merchants' rows, live figures and all; then a sort and a filter, from the key or click to the changed rows.
"""

import asyncio
import shutil
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from playwright.async_api import Browser, Page, async_playwright

from bench.scrape import idle_worker
from connector.web.api.fleet import Fleet

VIEWS = 7
ROWS = "document.querySelector('.rows .row') && performance.now()"
CHANGED = """
async ([act, isDone]) => {
  const began = performance.now();
  eval(act);
  while (!eval(isDone)) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}
"""
SORT = "document.querySelector('.c-merchant .sort').click()"
SORTED = "document.querySelector('.c-merchant[aria-sort=descending]')"
TYPE = "(box => { box.value = 'A00042'; box.oninput({target: box}); })(document.querySelector('.filter'))"
FILTERED = "document.querySelectorAll('.rows .row').length === 1"


async def main(merchants: int) -> None:
    async with served(merchants) as url, async_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        views, sorts, filters = [], [], []
        for _ in range(VIEWS):
            page = await new_page(browser)
            await page.goto(f"{url}/#/merchants")
            views.append(float(await (await page.wait_for_function(ROWS)).json_value()))
            sorts.append(float(await page.evaluate(CHANGED, [SORT, SORTED])))
            filters.append(float(await page.evaluate(CHANGED, [TYPE, FILTERED])))
            await page.context.close()
        await browser.close()
    for what, found in (("first view", views), ("sort", sorts), ("filter", filters)):
        print(
            f"{merchants} merchants, {what:<10}: median {statistics.median(found):.0f} ms, longest {max(found):.0f} ms"
        )


async def new_page(browser: Browser) -> Page:
    """Past the policy, since what measures is evaluated there."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    return await context.new_page()


@asynccontextmanager
async def served(merchants: int) -> AsyncIterator[str]:
    async with idle_worker(merchants) as worker:
        alone = replace(worker.web.api, fleet=Fleet(worker.web.api.own.worker, list))
        async with replace(worker.web, api=alone).serve() as port:
            yield f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
