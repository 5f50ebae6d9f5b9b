#!/usr/bin/env bash
# TensorFlow.js 4.22.0 (@tensorflow/tfjs-core, -layers, -backend-wasm): what importing the packages one by one registers
#
# Expected: the core package computes gradients of its operations; the layers package works on the core package that it names
#   as its peer.
# Observed: in Node the core package alone registers no gradient at all, and any training fails with "gradient function not
#   found". Importing the layers package registers the gradients, but not the chained operations that its own
#   orthogonal initialiser calls (the default of recurrent layers), which then fails with "rMat.flatten is not a function".
#   Only the package @tensorflow/tfjs registers both, with WebGL, converter and data packages.
# Consequence: import the layers package even for a training loop on core operations, and name other initialisers.
# Output:
#   core alone: Cannot compute gradient: gradient function not found for Mean.
#   with layers: gradient 1
#   default initialiser: rMat.flatten is not a function
#   initialiser zeros: trained
#
# Exits with 0 while this is so, and with 1 when the behaviour has changed. Needs npm and Node.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0

cat > check.mjs <<'JS'
import { createRequire } from 'node:module';
import path from 'node:path';
import * as core from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${path.dirname(entry)}/`);
await core.setBackend('wasm');
const outcome = async (run) => {
  try {
    return await run();
  } catch (error) {
    return error.message;
  }
};
const gradient = () => `gradient ${core.grad((x) => core.mean(x))(core.scalar(3)).dataSync()[0]}`;
const alone = await outcome(gradient);
const layers = await import('@tensorflow/tfjs-layers');
const withLayers = await outcome(gradient);
const train = async (initialiser) => {
  const model = layers.sequential();
  model.add(layers.layers.gru({ units: 2, inputShape: [3, 1], ...initialiser }));
  model.add(layers.layers.dense({ units: 1 }));
  model.compile({ optimizer: core.train.sgd(0.1), loss: 'meanSquaredError' });
  await model.trainOnBatch(core.zeros([4, 3, 1]), core.ones([4, 1]));
  return 'trained';
};
const usual = await outcome(() => train({}));
const zeros = await outcome(() => train({ recurrentInitializer: 'zeros' }));
console.log(`core alone: ${alone}\nwith layers: ${withLayers}\ndefault initialiser: ${usual}\ninitialiser zeros: ${zeros}`);
const isAsFound =
  alone.includes('gradient function not found') &&
  withLayers === 'gradient 1' &&
  usual.includes('flatten is not a function') &&
  zeros === 'trained';
process.exit(isAsFound ? 0 : 1);
JS
node check.mjs
