(page, document) => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = () => all("#cards li").filter((card) => !card.hidden).length;
  const state = () => ({
    count: one("#count").textContent,
    command: one("#command").textContent,
    removed: all("#cards li.removed").length,
    shown: shown(),
    share: one("#table-shares tbody tr").cells[2].textContent,
    warnings: all("#table-shares small").map((warning) => warning.textContent),
    strip: all("#strip li").map((shown) => shown.className),
    bar: one("#table-columns tbody tr").cells[1].textContent,
  });
  const slide = (count) => {
    const slider = one("#slider");
    slider.value = count;
    slider.dispatchEvent(new page.Event("input"));
  };
  const seen = { faults: page.faults, overflow: document.documentElement.scrollWidth - page.innerWidth, first: state() };
  seen.hidden = one("#decision").hidden;
  slide(50);
  seen.fewer = state();
  one("#cards li input").click();
  seen.ticked = state();
  let saved = "";
  page.Blob = function (parts) { saved = parts.join(""); return new Blob(parts); };
  page.HTMLAnchorElement.prototype.click = () => {};
  one("#save").click();
  seen.saved = saved;
  one("#untick").click();
  slide(0);
  seen.none = state();
  one('[data-count]').click();
  seen.preset = state();
  one('[data-sort="border"]').click();
  seen.border = one("#cards li").dataset.rank;
  seen.dark = page.matchMedia("(prefers-color-scheme: dark)").matches;
  return seen;
}
