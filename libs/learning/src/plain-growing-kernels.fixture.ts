import type { GrowingFunctions, GrowingMemory } from './growing-kernels.js';

/**
 * What the kernels of libs/learning/kernels/growing compute, in plain TypeScript on the same memory: the reference of
 * their tests, written to be read. Every byte that they leave in the areas that they write is the same.
 */
export function plainKernels(memory: GrowingMemory): GrowingFunctions {
  const u32 = (address: number, count: number): Uint32Array => memory.words(address, count);
  const f64 = (address: number, count: number): Float64Array => memory.doubles(address, count);
  const i64 = (address: number, count: number): BigInt64Array => {
    const { buffer, byteOffset } = memory.bytes(address, 8 * count);
    return new BigInt64Array(buffer, byteOffset, count);
  };
  const cellsOf = (histogram: number, offset: number, count: number): BigInt64Array => i64(histogram + offset, count);

  return {
    sampleRows(rows, count, seed, threshold, order) {
      const all = [...u32(rows, count)];
      const isSampled = (row: number): boolean => hashOf(row, seed) < threshold;
      const sampled = all.filter(isSampled);
      u32(order, count).set([...sampled, ...all.filter((row) => !isSampled(row))]);
      return sampled.length;
    },

    packGradients(order, count, logits, labels, weights, scale, seed, packed, ordered) {
      u32(order, count).forEach((row, at) => {
        const probability = 1 / (1 + exponential(-f64(logits, row + 1)[row]!));
        const unit = weights === 0 ? scale : scale * f64(weights, row + 1)[row]!;
        const rounding = (hashOf(row, seed) >>> 8) / 16_777_216;
        const gradient = Math.floor((probability - memory.bytes(labels, row + 1)[row]!) * unit + rounding);
        const hessian = Math.floor(probability * (1 - probability) * 4 * unit + rounding);
        const value = BigInt.asIntN(64, (BigInt(gradient) << 32n) | BigInt(Math.max(1, hessian)));
        i64(packed, row + 1)[row] = value;
        i64(ordered, at + 1)[at] = value;
      });
    },

    addToLogits(order, from, to, logits, value) {
      for (const row of u32(order, to).subarray(from)) f64(logits, row + 1)[row]! += value;
    },

    fillHistograms(words, wordCount, order, values, from, to, histogram) {
      for (let word = 0; word < wordCount; word += 1) {
        const [bins, ...offsets] = u32(words + 32 * word, 6);
        const end = offsets.pop()!;
        const cells = cellsOf(histogram, 0, end / 8);
        cells.fill(0n, offsets[0]! / 8);
        for (let at = from; at < to; at += 1) {
          const row = u32(order, at + 1)[at]!;
          const value = i64(values, at - from + 1)[at - from]!;
          const binsOfRow = memory.bytes(bins! + 4 * row, 4);
          binsOfRow.forEach((bin, lane) => (cells[offsets[lane]! / 8 + bin]! += value));
        }
      }
    },

    subtractHistograms(words, wordCount, parent, child) {
      for (let word = 0; word < wordCount; word += 1) {
        const [, first, , , , end] = u32(words + 32 * word, 6);
        const cells = (end! - first!) / 8;
        const [of, less] = [cellsOf(parent, first!, cells), cellsOf(child, first!, cells)];
        of.forEach((cell, at) => (of[at] = cell - less[at]!));
      }
    },

    sumValues(values, count, sum) {
      i64(sum, 1)[0] = i64(values, count).reduce((total, value) => total + value, 0n);
    },

    findSplit(features, featureCount, histogram, _prefix, total, lambda, hessianMin, scoreMin, out) {
      const all = i64(total, 1)[0]!;
      let best: { score: number; feature: number; bin: number; missingLeft: boolean; left: bigint } | undefined;
      for (let feature = 0; feature < featureCount; feature += 1) {
        const [offset, binCount] = u32(features + 16 * feature, 2);
        const [direction] = memory.integers(features + 16 * feature + 8, 1);
        const cells = cellsOf(histogram, offset!, binCount!);
        const missing = cells[0]!;
        for (const missingGoesLeft of missing === 0n ? [false] : [true, false]) {
          let left = missingGoesLeft ? missing : 0n;
          // with the missing values alone on the right, all known ones can be on the left
          const last = missing !== 0n && !missingGoesLeft ? binCount! : binCount! - 1;
          for (let bin = 1; bin < last; bin += 1) {
            left += cells[bin]!;
            const score = scoreOf(left, all, lambda);
            const smaller = Math.min(hessianOf(left), hessianOf(all) - hessianOf(left));
            if (smaller < hessianMin || !(score > (best?.score ?? scoreMin))) continue;
            if (direction! * riseOf(left, all, lambda) < 0) continue;
            const missingLeft = missing === 0n ? hessianOf(left) >= hessianOf(all - left) : missingGoesLeft;
            best = { score, feature, bin, missingLeft, left };
          }
        }
      }
      memory.integers(out, 8)[2] = -1;
      if (best === undefined) return;
      f64(out, 1)[0] = best.score;
      memory.integers(out, 5).set([best.feature, best.bin, best.missingLeft ? 1 : 0], 2);
      i64(out + 24, 1)[0] = best.left;
    },

    partitionRows(bins, shift, order, _spare, from, to, splitBin, missingLeft) {
      const rows = [...u32(order, to).subarray(from)];
      const goesLeft = (row: number): boolean => {
        const bin = memory.bytes(bins + 4 * row, 4)[shift / 8]!;
        return bin === 0 ? missingLeft === 1 : bin <= splitBin;
      };
      const left = rows.filter(goesLeft);
      u32(order, to).set([...left, ...rows.filter((row) => !goesLeft(row))], from);
      return from + left.length;
    },

    orderValues(order, from, to, packed, ordered) {
      u32(order, to)
        .subarray(from)
        .forEach((row, at) => (i64(ordered, at + 1)[at] = i64(packed, row + 1)[row]!));
    },

    sortDoubles(values, count) {
      f64(values, count).sort(); // puts -0 before 0
      return values;
    },
  };
}

function gradientOf(sum: bigint): number {
  return Number(sum >> 32n);
}

function hessianOf(sum: bigint): number {
  return Number(BigInt.asUintN(32, sum));
}

/** In the order of operations of the kernel. */
function scoreOf(left: bigint, all: bigint, lambda: number): number {
  const [gradient, rest] = [gradientOf(left), gradientOf(all) - gradientOf(left)];
  const [under, underRest] = [hessianOf(left) + lambda, hessianOf(all) - hessianOf(left) + lambda];
  return (gradient * gradient * underRest + rest * rest * under) / (under * underRest);
}

/** Has the sign of the right side's leaf value minus the left side's. */
function riseOf(left: bigint, all: bigint, lambda: number): number {
  const [gradient, rest] = [gradientOf(left), gradientOf(all) - gradientOf(left)];
  return gradient * (hessianOf(all) - hessianOf(left) + lambda) - rest * (hessianOf(left) + lambda);
}

/** The kernel's e^x: 2^k × the Taylor polynomial of degree 9 of the rest. */
export function exponential(x: number): number {
  const bounded = Math.min(36, Math.max(-36, x));
  const power = roundHalfEven(bounded * 1.4426950408889634);
  const rest = bounded - power * 0.6931471805599453;
  let sum = 1 / 362_880;
  for (const coefficient of [1 / 40_320, 1 / 5_040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1, 1]) {
    sum = sum * rest + coefficient;
  }
  return sum * 2 ** power;
}

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** The finaliser of MurmurHash3 over the row's number and a seed, unsigned. */
function hashOf(row: number, seed: number): number {
  let bits = seed ^ Math.imul(row + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
