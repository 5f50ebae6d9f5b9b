/**
 * How our trees grow to be comparable with the peer's: leaf-wise up to the same leaves, all rows and columns for every
 * tree, the peer's default penalty.
 * @param {{ leaves: number, rate: number }} setting
 * @returns {import('../../libs/learning/dist/boosting-run.js').TreeGrowth}
 */
export function comparableGrowth({ leaves, rate }) {
  return {
    leavesMax: leaves,
    depthMax: leaves,
    learningRate: rate,
    lambda: 1,
    hessianMin: 1,
    rowShare: 1,
    featureShare: 1,
  };
}
