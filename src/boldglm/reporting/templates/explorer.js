"use strict";
// The summary: a contrast is picked, its map and its clusters are shown.

(() => {
  const explorer = document.getElementById("explorer");
  if (!explorer) {
    return;
  }
  const byId = (id) => document.getElementById(id);
  const report = JSON.parse(byId("boldglm-report").textContent);
  const contrasts = new Map(report.contrasts.map((contrast) => [contrast.key, contrast]));
  const select = byId("contrast");
  const slider = byId("threshold");
  let view = null;
  let picked = report.contrasts[0];
  let threshold = 0;
  let reported = 0;

  // ---- words ----

  const digits = (value, n) => (Math.abs(value) < 0.5 * 10 ** -n ? 0 : value).toFixed(n);

  /** Complementary error function, by its continued fraction or its series. */
  function erfc(x) {
    if (x < 2) {
      let term = x;
      let sum = x;
      for (let n = 1; n < 60; n += 1) {
        term *= (-x * x) / n;
        sum += term / (2 * n + 1);
      }
      return 1 - (2 / Math.sqrt(Math.PI)) * sum;
    }
    let tail = x;
    for (let n = 60; n > 0; n -= 1) {
      tail = x + n / 2 / tail;
    }
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
  }

  function pWords(z, twoSided) {
    const p = (twoSided ? 1 : 0.5) * erfc(z / Math.SQRT2);
    if (p < 1e-300) {
      return "p < 1e-300";
    }
    return `p = ${p >= 0.001 ? Number(p.toPrecision(2)) : p.toExponential(1)}`;
  }

  function thresholdWords(z, contrast) {
    const sign = contrast.two_sided ? "|z|" : "z";
    const side = contrast.two_sided ? "two-sided " : contrast.kind === "t" ? "one-sided " : "";
    return `${sign} > ${digits(z, 2)}: ${side}${pWords(z, contrast.two_sided)} in each voxel`;
  }

  /** How many voxels are shown, and what the clusters of the report leave out here too. */
  function shownWords(n, contrast) {
    const size = contrast.cluster_size;
    const within = size > 1 ? ` in clusters of ${size} or more` : "";
    return `${n} voxel${n === 1 ? "" : "s"}${within}`;
  }

  function placeWords([x, y, z], value) {
    const [right, front, up] = [x, y, z].map((side) => Number(digits(side, 1)));
    const place = `x ${right}, y ${front}, z ${up} mm`;
    return `${place}: statistic z = ${digits(value, 2)}`;
  }

  // ---- picking ----

  async function pick(key) {
    picked = contrasts.get(key);
    select.value = key;
    byId("picked").textContent = picked.conclusion;
    byId("picked-words").textContent = picked.threshold_words;
    byId("picked-link").href = `#contrast-${key}`;
    const table = byId(`contrast-${key}`).querySelector("table.clusters");
    byId("picked-clusters").replaceChildren(...(table ? [table.cloneNode(true)] : []));
    setRange();
    fillPrepared();
    if (!view) {
      byId("location").textContent = "";
      return;
    }
    const first = view.map === null;
    const contrast = picked;
    try {
      await view.show(contrast.volume, report.background, {
        threshold,
        twoSided: contrast.two_sided,
        size: contrast.cluster_size,
      });
      if (contrast !== picked) {
        return;
      }
      tellThreshold();
      // The crosshair stays, so that contrasts can be compared at one place
      if (first && picked.clusters.length) {
        markRow(picked.clusters[0], 0);
      } else {
        unmarkRows();
      }
    } catch (error) {
      fallBack(`The viewer cannot show this map (${error.message}).`);
    }
  }

  /** The slider starts where the report drew the line, and ends where nothing is left. */
  function setRange() {
    const height = Number(picked.height);
    const largest = Number(picked.volume.largest) || 0;
    const end = Math.max(largest, Number.isFinite(height) ? height : 0, 1);
    slider.max = (Math.ceil(end * 10) / 10 + 0.1).toFixed(1);
    reported = Number.isFinite(height) ? Math.max(height, 0) : Number(slider.max);
    setThreshold(reported);
    slider.value = threshold;
  }

  function setThreshold(z) {
    threshold = z;
    byId("threshold-back").disabled = threshold === reported;
    tellThreshold();
  }

  function tellThreshold() {
    const isShown = view?.map && view.asked === picked.volume;
    const shown = isShown ? `; ${shownWords(view.nShown, picked)}` : "";
    const words = `${thresholdWords(threshold, picked)}${shown}`;
    byId("threshold-words").textContent = words;
    slider.setAttribute("aria-valuetext", words);
  }

  // ---- clusters ----

  function unmarkRows() {
    for (const row of document.querySelectorAll("table.clusters tr[data-marked]")) {
      row.removeAttribute("data-marked");
      row.querySelector("button.go").removeAttribute("aria-current");
    }
  }

  function markRow(cluster, index) {
    unmarkRows();
    const row = `table.clusters tr[data-contrast="${picked.key}"][data-cluster="${index}"]`;
    for (const marked of document.querySelectorAll(row)) {
      marked.setAttribute("data-marked", "");
      marked.querySelector("button.go").setAttribute("aria-current", "true");
    }
    const place = [cluster.x, cluster.y, cluster.z].map(Number);
    if (view) {
      view.moveTo(place);
    } else {
      byId("location").textContent = placeWords(place, Number(cluster.peak));
    }
  }

  /** The statistic of a peak, as the table has it: maps on the page are rounded. */
  function peakAt(mm) {
    const isHere = ({ x, y, z }) =>
      [x, y, z].every((side, axis) => Math.abs(Number(side) - mm[axis]) < 0.05);
    const found = picked.clusters.find(isHere);
    return found && Number(found.peak);
  }

  async function goTo(button) {
    const row = button.closest("tr");
    const { contrast, cluster } = row.dataset;
    if (contrast !== picked.key) {
      await pick(contrast);
    }
    markRow(picked.clusters[Number(cluster)], Number(cluster));
    if (!explorer.contains(row)) {
      // The map is elsewhere on the page: go there, and the keyboard too
      explorer.querySelector(`tr[data-cluster="${Number(cluster)}"] button.go`).focus();
      explorer.scrollIntoView({ block: "start" });
    }
  }

  // ---- prepared slices, where there is no viewer ----

  function fillPrepared() {
    const { slices } = picked;
    const source = slices && byId(`figure-${slices.name}`);
    const picture = byId("prepared-picture");
    picture.parentElement.hidden = !source;
    if (source && !view) {
      Object.assign(picture, { src: source.src, alt: slices.alternative });
      Object.assign(picture, { width: slices.width, height: slices.height });
      byId("prepared-caption").textContent = slices.caption;
    }
  }

  function fallBack(why) {
    byId("view").hidden = true;
    byId("threshold-field").hidden = true;
    byId("prepared").hidden = false;
    byId("why-prepared").textContent = `${why} Prepared slices are shown instead.`;
    view = null;
    fillPrepared();
  }

  function hasWebGl() {
    try {
      return document.createElement("canvas").getContext("webgl2") !== null;
    } catch {
      return false;
    }
  }

  async function start() {
    explorer.hidden = false;
    if (typeof boldglmViewer === "undefined") {
      fallBack("The viewer was not built into this installation of boldglm: it takes npm.");
    } else if (!hasWebGl()) {
      fallBack("The viewer needs WebGL 2, which this browser does not offer.");
    } else {
      byId("view").hidden = false;
      byId("threshold-field").hidden = false;
      try {
        view = await BrainView.start(byId("viewer"), ({ mm, value }) => {
          byId("location").textContent = placeWords(mm, peakAt(mm) ?? value);
        });
      } catch (error) {
        fallBack(`The viewer could not start (${error.message}).`);
      }
    }
    await pick(picked.key);
  }

  byId("viewer").addEventListener("webglcontextlost", () => {
    fallBack("The browser has stopped the viewer.");
  });
  select.addEventListener("change", () => pick(select.value));
  slider.addEventListener("input", () => {
    view?.setThreshold(Number(slider.value));
    setThreshold(Number(slider.value));
  });
  byId("threshold-back").addEventListener("click", () => {
    view?.setThreshold(reported);
    setThreshold(reported);
    slider.value = reported;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.go");
    if (button) {
      goTo(button);
    }
  });

  window.boldglmReport = {
    get nv() {
      return view?.nv ?? null;
    },
    contrast: () => picked.key,
    threshold: () => threshold,
    crosshair: () => view?.crosshair() ?? null,
    shown: () => view?.nShown ?? null,
    ready: start(),
  };
})();
