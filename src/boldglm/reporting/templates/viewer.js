"use strict";
// A brain map on NiiVue: slices and a rendering, linked. Knows volumes, not reports.

class BrainView {
  // Symmetric about 0: the same light at the same distance, warm above, cool below.
  static WARM = [[122, 12, 12], [230, 52, 28], [255, 176, 32], [255, 250, 214]];
  static COOL = [[14, 32, 122], [32, 98, 240], [52, 204, 255], [222, 251, 255]];

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(place: {mm: number[], value: number}) => void} onMove
   */
  static async start(canvas, onMove) {
    const { Niivue, SLICE_TYPE, SHOW_RENDER, DRAG_MODE } = boldglmViewer;
    // Voxels are shown as they were tested; only the anatomy below is smoothed.
    class View extends Niivue {
      updateInterpolation(layer) {
        super.updateInterpolation(layer, layer === 0);
      }
    }
    const nv = new View({
      backColor: [0.04, 0.045, 0.055, 1],
      crosshairColor: [0.55, 0.9, 0.65, 0.9],
      crosshairGap: 6,
      crosshairWidth: 0.8,
      crosshairWidthUnit: "mm",
      fontColor: [0.82, 0.84, 0.86, 1],
      fontMinPx: 11,
      fontSizeScaling: 0.3,
      colorbarHeight: 0.035,
      isColorbar: true,
      show3Dcrosshair: true,
      isNearestInterpolation: true,
      multiplanarShowRender: SHOW_RENDER.ALWAYS,
      sliceType: SLICE_TYPE.MULTIPLANAR,
      tileMargin: 4,
      dragAndDropEnabled: false,
      loadingText: "",
      logLevel: "error",
      mouseEventConfig: {
        leftButton: { primary: DRAG_MODE.crosshair, withShift: DRAG_MODE.pan, withCtrl: DRAG_MODE.crosshair },
        rightButton: DRAG_MODE.pan,
        centerButton: DRAG_MODE.pan,
      },
    });
    for (const [name, nodes] of [["warm", BrainView.WARM], ["cool", BrainView.COOL]]) {
      nv.addColormap(name, BrainView.#colormap(nodes));
    }
    await nv.attachToCanvas(canvas);
    return new BrainView(nv, canvas, onMove);
  }

  static #colormap(nodes) {
    // Nothing at 0, so that voxels outside the mask are clear at any threshold
    const all = [nodes[0], ...nodes];
    return {
      R: all.map((node) => node[0]),
      G: all.map((node) => node[1]),
      B: all.map((node) => node[2]),
      A: all.map((_, index) => (index ? 255 : 0)),
      I: [0, 1, 90, 180, 255],
    };
  }

  /** 1 where a map has voxels. One that was rounded to 0 is known by its neighbours. */
  static #silhouette(values, [, nx, ny]) {
    const steps = [1, -1, nx, -nx, nx * ny, -nx * ny];
    const isWithin = (at) => steps.filter((step) => values[at + step]).length > 3;
    return values.map((value, at) => (value || isWithin(at) ? 1 : 0));
  }

  constructor(nv, canvas, onMove) {
    this.nv = nv;
    this.canvas = canvas;
    this.onMove = onMove;
    this.map = null;
    this.nShown = 0;
    nv.onLocationChange = () => this.#tell();
    this.#listen();
  }

  /**
   * Show a map over a background; without one, over the voxels of the map.
   *
   * @param {{threshold: number, twoSided: boolean, size: number}} limits - what is shown:
   *   clusters of at least `size` voxels that reach the threshold
   */
  async show(volume, background, limits) {
    this.asked = volume;
    this.limits = limits;
    this.ground ??= this.#addGround(background, volume);
    await this.ground;
    const map = await this.#decode(volume, "warm");
    if (this.asked !== volume) {
      // Another one was picked while this one was unpacked
      return;
    }
    if (this.map) {
      this.nv.removeVolume(this.map);
    }
    // Colours from 0 on, so that they stay when the threshold moves; clear below it
    map.colormapType = 2;
    map.cal_max = Number(volume.largest) || 1;
    this.map = map;
    this.values = map.img;
    this.#limit();
    this.nv.addVolume(map);
    this.#tell();
  }

  /** Hide what does not pass; below 0 too, unless the test had one side. */
  setThreshold(threshold) {
    this.limits = { ...this.limits, threshold };
    if (this.map) {
      this.#limit();
      this.nv.updateGLVolume();
    }
  }

  #limit() {
    const { map, limits } = this;
    const { threshold, twoSided } = limits;
    map.cal_min = threshold;
    map.colormapNegative = twoSided ? "cool" : "";
    map.cal_minNeg = twoSided ? -map.cal_max : NaN;
    map.cal_maxNeg = twoSided ? -threshold : NaN;
    const level = threshold / map.hdr.scl_slope;
    const shape = map.hdr.dims.slice(1, 4);
    const { kept, count } = largeClusters(this.values, shape, { ...limits, level });
    map.img = kept;
    this.nShown = count;
  }

  moveTo(mm) {
    const place = Array.from(this.nv.mm2frac(mm, 0, true));
    this.nv.scene.crosshairPos = place.map((side) => Math.min(Math.max(side, 0), 1));
    this.nv.drawScene();
    this.#tell();
  }

  /** By voxels of the map: the anatomy has smaller ones, which hold nothing new. */
  #step(step) {
    if (this.map) {
      const [, ...sides] = this.map.pixDimsRAS;
      this.moveTo(this.crosshair().map((mm, axis) => mm + step[axis] * sides[axis]));
    }
  }

  /** Where the crosshair is, mm. */
  crosshair() {
    return Array.from(this.nv.frac2mm(this.nv.scene.crosshairPos, 0, true)).slice(0, 3);
  }

  #tell() {
    if (this.map) {
      const mm = this.crosshair();
      this.onMove({ mm, value: this.#valueAt(mm) });
    }
  }

  /** The map, also where a cluster is too small to be shown. */
  #valueAt(mm) {
    const { map, values } = this;
    const shown = map.img;
    map.img = values;
    const value = map.getValue(...map.mm2vox(mm));
    map.img = shown;
    return value;
  }

  async #decode(volume, colormap) {
    return boldglmViewer.NVImage.loadFromBase64({
      base64: volume.nifti,
      name: `${volume.name}.nii.gz`,
      colormap,
    });
  }

  async #addGround(background, volume) {
    const ground = await this.#decode(background ?? volume, "gray");
    if (!background) {
      ground.img = BrainView.#silhouette(ground.img, ground.hdr.dims);
      Object.assign(ground.hdr, { scl_slope: 1, scl_inter: 0 });
      Object.assign(ground, { cal_min: 0, cal_max: 3, robust_min: 0, robust_max: 3 });
    }
    ground.colorbarVisible = false;
    this.nv.addVolume(ground);
  }

  #listen() {
    const steps = {
      ArrowLeft: [-1, 0, 0],
      ArrowRight: [1, 0, 0],
      ArrowUp: [0, 1, 0],
      ArrowDown: [0, -1, 0],
      PageUp: [0, 0, 1],
      PageDown: [0, 0, -1],
    };
    const { canvas } = this;
    // Keys of our own: those of NiiVue cut, switch and open boxes, and are not told
    canvas.addEventListener(
      "keydown",
      (event) => {
        event.stopImmediatePropagation();
        const step = steps[event.key];
        if (step && !event.ctrlKey && !event.altKey && !event.metaKey) {
          event.preventDefault();
          this.#step(step);
        }
      },
      true,
    );
    canvas.addEventListener("keyup", (event) => event.stopImmediatePropagation(), true);
    // The wheel moves the page, as everywhere on it
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) {
          event.stopImmediatePropagation();
        }
      },
      { capture: true, passive: false },
    );
  }
}
