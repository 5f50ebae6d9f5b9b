import { createRequire } from 'node:module';
import path from 'node:path';
import { GatedRecurrentUnit, type GruWeights } from './gated-recurrent-unit.js';
import { RandomStream } from './random.js';

const [steps, width, units] = [3, 5, 4];

function randomWeights(seed: number): GruWeights {
  const random = new RandomStream(seed);
  const list = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * random.next() - 1);
  return {
    units,
    kernel: list(width * 3 * units),
    recurrent: list(units * 3 * units),
    bias: list(3 * units),
    output: list(units),
    intercept: 0.25,
  };
}

const random = new RandomStream(9);
const inputs = Float32Array.from({ length: 20 * steps * width }, () => 2 * random.next() - 1);

test('gives what the layers of TensorFlow.js give with the same weights', async () => {
  const core = await import('@tensorflow/tfjs-core');
  const layers = await import('@tensorflow/tfjs-layers');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const folder = path.dirname(createRequire(__filename).resolve('@tensorflow/tfjs-backend-wasm'));
  setWasmPaths(`${folder}/`);
  await core.setBackend('wasm');
  const weights = randomWeights(3);
  const model = layers.sequential();
  model.add(
    layers.layers.gru({
      units,
      inputShape: [steps, width],
      recurrentActivation: 'sigmoid',
      recurrentInitializer: 'zeros',
    }),
  );
  model.add(layers.layers.dense({ units: 1 }));
  const { kernel, recurrent, bias, output, intercept } = weights;
  model.setWeights([
    core.tensor([...(kernel as Float32Array)], [width, 3 * units]),
    core.tensor([...(recurrent as Float32Array)], [units, 3 * units]),
    core.tensor([...(bias as Float32Array)], [3 * units]),
    core.tensor([...(output as Float32Array)], [units, 1]),
    core.tensor([intercept], [1]),
  ]);
  const given = (model.predict(core.tensor3d(inputs, [20, steps, width])) as { dataSync(): Float32Array }).dataSync();
  const unit = new GatedRecurrentUnit(weights, steps, width);
  given.forEach((value, row) => expect(unit.output(inputs, row * steps * width)).toBeCloseTo(value, 5));
});

test('has the gradient that differences of outputs show', () => {
  const unit = new GatedRecurrentUnit(randomWeights(4), steps, width);
  const point = Float64Array.from(inputs.subarray(0, steps * width));
  const gradient = unit.gradient(point, 0);
  const step = 1e-5;
  point.forEach((value, at) => {
    point[at] = value + step;
    const above = unit.output(point, 0);
    point[at] = value - step;
    const below = unit.output(point, 0);
    point[at] = value;
    expect(gradient[at]).toBeCloseTo((above - below) / (2 * step), 7);
  });
});
