/** What libs/learning/src/growing-kernels.ts calls. Compiled by tools/generate-kernels.mjs. */
export { addToLogits, packGradients, sampleRows } from './rows';
export { fillHistograms, subtractHistograms, sumValues } from './histograms';
export { findSplit } from './splits';
export { orderValues, partitionRows } from './partition';
export { sortDoubles } from './sort';
