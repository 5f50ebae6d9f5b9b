/** What libs/learning/src/kernels.ts calls. Compiled by tools/generate-kernels.mjs. */
export { binNumbers } from './binning';
export { addContributions } from './contributions';
export { addTrees } from './trees';
