"use strict";
// What a threshold leaves of a map: voxels that reach it, in clusters that are large enough.

/**
 * Voxels of one sign that reach a level and share faces make a cluster.
 *
 * @param {Int16Array} values - the first index runs fastest
 * @param {number[]} shape
 * @param {{level: number, twoSided: boolean, size: number}} limits
 * @returns {{kept: Int16Array, count: number}} 0 in clusters of fewer voxels than `size`;
 *   how many voxels are left that reach the level. What does not is as it was.
 */
function largeClusters(values, [nx, ny], { level, twoSided, size }) {
  const reaches = (value) => value !== 0 && (twoSided ? Math.abs(value) : value) >= level;
  const kept = size > 1 ? values.slice() : values;
  const seen = new Uint8Array(values.length);
  const cluster = new Int32Array(values.length);
  let count = 0;
  for (let first = 0; first < values.length; first += 1) {
    if (seen[first] || !reaches(values[first])) {
      continue;
    }
    const isAbove = values[first] > 0;
    let length = 0;
    const add = (voxel) => {
      if (!seen[voxel] && reaches(values[voxel]) && values[voxel] > 0 === isAbove) {
        seen[voxel] = 1;
        cluster[length] = voxel;
        length += 1;
      }
    };
    add(first);
    for (let at = 0; at < length && size > 1; at += 1) {
      const voxel = cluster[at];
      const x = voxel % nx;
      const y = Math.floor(voxel / nx) % ny;
      x > 0 && add(voxel - 1);
      x < nx - 1 && add(voxel + 1);
      y > 0 && add(voxel - nx);
      y < ny - 1 && add(voxel + nx);
      voxel >= nx * ny && add(voxel - nx * ny);
      voxel + nx * ny < values.length && add(voxel + nx * ny);
    }
    if (length >= size) {
      count += length;
    } else {
      cluster.subarray(0, length).forEach((voxel) => {
        kept[voxel] = 0;
      });
    }
  }
  return { kept, count };
}
