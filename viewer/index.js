// What the report takes from NiiVue: the rest is left out of the bundle.
export { Niivue, NVImage, SLICE_TYPE, SHOW_RENDER, DRAG_MODE } from "@niivue/niivue";
