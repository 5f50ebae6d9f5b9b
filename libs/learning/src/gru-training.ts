import { createRequire } from 'node:module';
import path from 'node:path';
import { GatedRecurrentUnit, type GruWeights } from './gated-recurrent-unit.js';
import { pause, type FitContext } from './learner.js';
import { logLossOfLogit } from './logistic.js';
import { RandomStream } from './random.js';

export interface GruTraining {
  readonly units: number;
  readonly learningRate: number;
  /** L2 penalty of the weights of inputs. */
  readonly penalty: number;
  /** At most. */
  readonly batchRows: number;
  readonly epochsMax: number;
  /** Ends after so many epochs without a lower loss of the stopping rows. */
  readonly epochsWithoutGainMax: number;
}

/** Sequences of steps × width numbers, one after another. */
interface TrainingSequences {
  readonly encoded: Float32Array;
  readonly labels: Uint8Array;
  readonly steps: number;
  readonly width: number;
  /** Positions of the sequences that are learned from. */
  readonly learned: Uint32Array;
  /** Positions of those whose loss ends the training. */
  readonly stopping: Uint32Array;
}

/**
 * Trains by gradient descent (Adam) with TensorFlow.js, and gives the weights of the epoch with the least loss of the
 * stopping rows. One thread, first weights and order of rows from the seed: equal inputs give equal weights on one
 * machine. It computes without a break for an epoch's part at a time, so it belongs into a worker thread.
 */
export async function trainGru(
  sequences: TrainingSequences,
  options: GruTraining,
  context: FitContext,
): Promise<GruWeights> {
  const { core, layers } = await tensorflow();
  const { steps, width, learned, labels, encoded } = sequences;
  const random = new RandomStream(context.seed, 0x6472);
  const model = layers.sequential();
  const initial = {
    kernelInitializer: 'zeros',
    recurrentActivation: 'sigmoid',
    recurrentInitializer: 'zeros',
  } as const;
  const kernelRegularizer = layers.regularizers.l2({ l2: options.penalty });
  model.add(layers.layers.gru({ units: options.units, inputShape: [steps, width], kernelRegularizer, ...initial }));
  model.add(layers.layers.dense({ units: 1, kernelInitializer: 'zeros' }));
  const first = firstWeights(options.units, width, random).map(([values, shape]) => core.tensor(values, shape));
  model.setWeights(first);
  core.dispose(first);
  model.compile({
    optimizer: core.train.adam(options.learningRate),
    loss: (truth, logits) => core.losses.sigmoidCrossEntropy(truth, logits),
  });

  let best: { weights: GruWeights; loss: number; epoch: number } | undefined;
  const order = learned.slice();
  const size = steps * width;
  // ten batches of an epoch at least, or a small table would see few steps
  const batchRows = Math.min(options.batchRows, Math.max(BATCH_ROWS_MIN, Math.ceil(order.length / 10)));
  for (let epoch = 0; epoch < options.epochsMax; epoch += 1) {
    random.shuffle(order);
    for (let from = 0; from < order.length; from += batchRows) {
      const batch = order.subarray(from, from + batchRows);
      const inputs = new Float32Array(batch.length * size);
      batch.forEach((row, at) => inputs.set(encoded.subarray(row * size, (row + 1) * size), at * size));
      const x = core.tensor3d(inputs, [batch.length, steps, width]);
      const y = core.tensor2d(
        Float32Array.from(batch, (row) => labels[row]!),
        [batch.length, 1],
      );
      await model.trainOnBatch(x, y);
      core.dispose([x, y]);
    }
    const weights = weightsOf(model.getWeights().map((tensor) => tensor.dataSync().slice()));
    const loss = lossOf(weights, sequences);
    if (best === undefined || loss < best.loss) best = { weights, loss, epoch };
    else if (epoch - best.epoch >= options.epochsWithoutGainMax) break;
    context.onProgress?.((epoch + 1) / options.epochsMax);
    await pause(context);
  }
  model.dispose();
  context.onProgress?.(1);
  return best!.weights;
}

const BATCH_ROWS_MIN = 64;

/** Uniform within ±√(6 / (inputs + outputs)) (Glorot & Bengio, AISTATS 2010); in the order of the layers' weights. */
function firstWeights(units: number, width: number, random: RandomStream): [Float32Array, number[]][] {
  const uniform = (inputs: number, outputs: number, columns: number): [Float32Array, number[]] => {
    const limit = Math.sqrt(6 / (inputs + outputs));
    return [Float32Array.from({ length: inputs * columns }, () => limit * (2 * random.next() - 1)), [inputs, columns]];
  };
  const bias: [Float32Array, number[]] = [new Float32Array(3 * units), [3 * units]];
  return [
    uniform(width, units, 3 * units),
    uniform(units, units, 3 * units),
    bias,
    uniform(units, 1, 1),
    [new Float32Array(1), [1]],
  ];
}

function weightsOf([kernel, recurrent, bias, output, intercept]: readonly ArrayLike<number>[]): GruWeights {
  const units = bias!.length / 3;
  return { units, kernel: kernel!, recurrent: recurrent!, bias: bias!, output: output!, intercept: intercept![0]! };
}

function lossOf(weights: GruWeights, { steps, width, encoded, labels, stopping }: TrainingSequences): number {
  const unit = new GatedRecurrentUnit(weights, steps, width);
  return stopping.reduce(
    (sum, row) => sum + logLossOfLogit(unit.output(encoded, row * steps * width), labels[row]!),
    0,
  );
}

/**
 * TensorFlow.js with its native backend where `@tensorflow/tfjs-node` is installed, else on WebAssembly. Its gradients are
 * registered by the layers' package.
 */
async function tensorflow() {
  const core = await import('@tensorflow/tfjs-core');
  const layers = await import('@tensorflow/tfjs-layers');
  if (core.getBackend() !== undefined && loaded !== undefined) return { core, layers };
  const require = createRequire(import.meta.url);
  loaded = 'wasm';
  if (isInstalled(require, '@tensorflow/tfjs-node')) {
    await import(require.resolve('@tensorflow/tfjs-node'));
    loaded = 'tensorflow';
  } else {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  }
  await core.setBackend(loaded);
  await core.ready();
  return { core, layers };
}

let loaded: 'wasm' | 'tensorflow' | undefined;

function isInstalled(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
