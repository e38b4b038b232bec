// In place of zarrita: a report holds NIfTI files, and its codecs are 1.4 MB.
function absent() {
  throw new Error("This viewer reads no zarr.");
}

export { absent as FetchStore, absent as get, absent as open, absent as root, absent as slice };
