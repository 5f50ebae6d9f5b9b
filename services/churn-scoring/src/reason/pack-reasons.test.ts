import { Reasons, type Change } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { Table, allRows, categoryColumn, numberColumn } from '@holdfast/learning/table';
import type { TypedColumn } from '../table/typed-column.js';
import { CauseModel, ofUsual } from './cause-model.js';
import { learnCauses } from './learn-causes.js';
import { COLUMNS, leavers } from './leavers.fixture.js';
import { Comparisons } from './comparisons.js';
import { LOWERING_MAX, NO_CAUSE, RAISING_MAX, ReasonPacker } from './pack-reasons.js';
import { ReasonReader } from './read-reasons.js';

const names = Array.from({ length: 12 }, (_, index) => `c${index}`);
const columns: TypedColumn[] = names.map((name, index) => ({ name, type: index === 0 ? 'category' : 'number' }));
const table = new Table([
  categoryColumn('c0', ['x', null]),
  ...names.slice(1).map((name, index) => numberColumn(name, [index, null])),
]);
const comparisons = new Comparisons({ overallShare: 0.5, columns: [] });

// No column maps to a cause.
const causes = new CauseModel(ofUsual({}, columns), columns);
const packer = new ReasonPacker(columns, causes, comparisons);
const reader = new ReasonReader(columns, causes, comparisons, () => -1);

function explain(contributions: number[], row: number) {
  const explanation = {
    columns: names,
    base: -1,
    contributions: Float64Array.from([...new Array<number>(12).fill(9), ...contributions]),
    logits: new Float64Array(2),
  };
  const rows = Uint32Array.of(row, row);
  return reader.read(packer.pack(packer.block(explanation, table, rows), 1).bytes);
}

test('takes the strongest on both sides, strongest first, without zero contributions', () => {
  const reasons = explain([0.5, 0, 0.7, -0.1, 0.1, 0.2, 0.3, 0.4, -0.4, -0.3, -0.2, 0.05], 0);
  expect(reasons.raising.map(({ column }) => column)).toEqual(['c2', 'c0', 'c7', 'c6', 'c5']);
  expect(reasons.raising).toHaveLength(RAISING_MAX);
  expect(reasons.lowering.map(({ column, contribution }) => [column, contribution])).toEqual([
    ['c8', -0.4],
    ['c9', -0.3],
    ['c10', -0.2],
  ]);
  expect(reasons.lowering).toHaveLength(LOWERING_MAX);
  expect(reasons.baseLogOdds).toBe(-1);
  expect(reasons).toMatchObject({ causes: [], otherCauses: [], comparisonGroup: undefined });
});

test('carries the value of the row, and none where it is missing', () => {
  const contributions = [0.5, 0.4, ...new Array<number>(10).fill(0)];
  expect(explain(contributions, 0).raising.map(({ value }) => value)).toEqual([
    { $case: 'text', text: 'x' },
    { $case: 'number', number: 0 },
  ]);
  expect(explain(contributions, 1).raising.map(({ value }) => value)).toEqual([undefined, undefined]);
});

test('what no column raises has no first reason, and what no column maps to has no first cause', () => {
  const explanation = {
    ...{ columns: names, base: 0, logits: new Float64Array(1) },
    contributions: new Float64Array(12).fill(-1e-9),
  };
  const packed = packer.pack(packer.block(explanation, table, Uint32Array.of(0)), 0);
  expect(packed).toMatchObject({ firstReason: '', firstCause: '' });
  // However small, it lowers the probability.
  expect(reader.read(packed.bytes).lowering.map(({ contribution }) => contribution)).toEqual([-1e-4, -1e-4, -1e-4]);
});

describe('reasons with causes', () => {
  const past = leavers(1);
  const learned = new CauseModel(learnCauses({ ...past, columns: COLUMNS, seed: 3 }), COLUMNS);
  const known = new Comparisons({
    overallShare: 0.3,
    columns: [['plan_id', { shares: [['P1', 0.4]], missingShare: null }]],
  });
  const of = {
    packer: new ReasonPacker(COLUMNS, learned, known),
    reader: new ReasonReader(COLUMNS, learned, known, () => 0.25),
  };
  const rows = allRows(past.table.rowCount);
  const explanation = past.model.explain(past.table, rows);
  const block = of.packer.block(explanation, past.table, rows);
  const packed = [...rows].map((row) => of.packer.pack(block, row));
  const read = packed.map(({ bytes }) => of.reader.read(bytes));

  test('are those of the model to a ten-thousandth, and probabilities of causes add up to 1', () => {
    const width = COLUMNS.length;
    for (const [row, reasons] of read.slice(0, 300).entries()) {
      for (const { column, contribution } of [...reasons.raising, ...reasons.lowering]) {
        const exact = explanation.contributions[row * width + COLUMNS.findIndex(({ name }) => name === column)]!;
        expect(Math.abs(contribution - exact)).toBeLessThanOrEqual(1e-4);
        expect(Math.sign(contribution)).toBe(Math.sign(exact));
      }
      const causes = [...reasons.causes, ...reasons.otherCauses].map(({ probability }) => probability);
      expect(causes.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
      expect(causes.toSorted((a, b) => a - b)).toEqual(
        [...learned.row(block.assessed, row)].sort((a, b) => a - b).map((each) => expect.closeTo(each, 5)),
      );
      expect(packed[row]!.firstReason).toBe(reasons.raising[0]?.column ?? '');
      expect(packed[row]!.firstCause).toBe(reasons.causes.find(({ named }) => named)?.cause ?? NO_CAUSE);
    }
    expect(new Set(packed.map(({ firstCause }) => firstCause)).size).toBeGreaterThan(3);
  });

  test('take a fifth of the room of a message', () => {
    const bytesOf = (each: readonly Uint8Array[]) => each.reduce((sum, { length }) => sum + length, 0) / each.length;
    const messages = read.map((reasons) => Reasons.encode(reasons).finish());
    expect(bytesOf(packed.map(({ bytes }) => bytes))).toBeLessThan(bytesOf(messages) / 5);
  });

  test('keep what would have to change, and whatever follows from the model', () => {
    const change: Change = {
      levers: ['plan', 'service'],
      columns: [
        {
          ...{ column: 'complaints', type: 'number' },
          ...{ value: { $case: 'number', number: 2.5 }, to: { $case: 'toNumber', toNumber: 0 } },
        },
      ],
      probability: 0.1234567890123,
    };
    const { bytes, ...first } = of.packer.withChange(packed[5]!, change);
    expect(of.reader.read(bytes)).toEqual({ ...read[5], change });
    expect(first).toEqual({ firstReason: packed[5]!.firstReason, firstCause: packed[5]!.firstCause });
    expect(read[5]).toMatchObject({ baseLogOdds: 0.25, codedLeavers: learned.json.codedLeavers });
    expect(read[5]!.causes.every(({ branch, group }) => branch !== '' && group !== '')).toBe(true);
  });

  test('of former releases are messages, and are read as such', () => {
    for (const reasons of [read[5]!, { ...read[5]!, raising: [] }, { ...read[5]!, raising: [], lowering: [] }])
      expect(of.reader.read(Reasons.encode(reasons).finish())).toEqual(reasons);
  });
});
