"use strict";
// What moves on the page besides the viewer: theme, filter, folds, copying, printing.

(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const folded = () => [...document.querySelectorAll("details.card")];

  // Tools are shown where there are scripts to serve them.
  for (const tools of document.querySelectorAll(".tools[hidden]")) {
    tools.hidden = false;
  }

  // ---- light and dark ----

  const theme = byId("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);

  function nameTheme() {
    theme.textContent = isDark() ? "Light theme" : "Dark theme";
  }

  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  prefersDark.addEventListener("change", nameTheme);
  nameTheme();

  // ---- a contrast among many ----

  const filter = byId("filter");
  filter?.addEventListener("input", () => {
    const words = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of document.querySelectorAll("details.contrast")) {
      const name = card.querySelector("h3").textContent.toLocaleLowerCase();
      const fits = words.every((word) => name.includes(word));
      shown += fits;
      for (const entry of document.querySelectorAll(`[data-entry="${card.dataset.entry}"]`)) {
        entry.hidden = !fits;
      }
    }
    byId("filter-count").textContent = words.length ? `${shown} shown` : "";
  });

  // ---- folds ----

  for (const button of document.querySelectorAll("button.fold")) {
    button.addEventListener("click", () => {
      const section = byId(button.closest(".tools").dataset.for);
      for (const card of section.querySelectorAll("details.card")) {
        card.open = button.dataset.open === "true";
      }
    });
  }

  function openTarget() {
    const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
    }
  }

  addEventListener("hashchange", openTarget);
  openTarget();
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#contrast-"]');
    const card = link && byId(link.getAttribute("href").slice(1));
    if (card) {
      card.open = true;
    }
  });

  // ---- paper shows everything ----

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folded().filter((card) => !card.open);
    closed.forEach((card) => {
      card.open = true;
    });
  });
  addEventListener("afterprint", () => {
    closed.forEach((card) => {
      card.open = false;
    });
  });

  // ---- wide tables and pictures can be scrolled with the keyboard ----

  function markScrolled() {
    for (const box of document.querySelectorAll(".scroll, .slices")) {
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (scrolls) {
        const caption = box.querySelector("caption, figcaption");
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", caption ? caption.textContent : "Table");
      } else {
        for (const name of ["tabindex", "role", "aria-label"]) {
          box.removeAttribute(name);
        }
      }
    }
  }

  addEventListener("resize", markScrolled);
  document.addEventListener("toggle", markScrolled, true);
  markScrolled();

  // ---- to take away ----

  async function copyText(element) {
    try {
      await navigator.clipboard.writeText(element.innerText);
      return true;
    } catch {
      // Pages inside other pages may not write to the clipboard: leave it marked
      getSelection().selectAllChildren(element);
      return document.execCommand("copy");
    }
  }

  byId("copy").addEventListener("click", async () => {
    const done = await copyText(byId("methods-text"));
    byId("copied").textContent = done ? "Copied." : "The text is marked: copy it with the keyboard.";
  });

  byId("download").addEventListener("click", () => {
    const blob = new Blob([byId("boldglm-report").textContent], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${document.title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "report"}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
})();
