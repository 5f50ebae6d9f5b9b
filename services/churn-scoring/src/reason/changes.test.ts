import { withEachChange } from '@holdfast/learning/changed-rows';
import { Table, allRows } from '@holdfast/learning/table';
import { probabilityOf } from '@holdfast/learning/logistic';
import type { ServedModel } from '@holdfast/learning/served-model';
import { CauseModel } from './cause-model.js';
import { ChangeFinder } from './changes.js';
import { learnCauses } from './learn-causes.js';
import { COLUMNS, leavers } from './leavers.fixture.js';

const past = leavers(1);
const causes = new CauseModel(learnCauses({ ...past, columns: COLUMNS, seed: 3 }), COLUMNS);
const { table } = past;
const valueOf = (name: string, row: number): number => table.numberColumn(name).values[row]!;
/** Interacts: an unpaid bill raises it whatever else is true, calls to rivals alone as well. */
const model = modelOf((at) => {
  const controllable = at('overpaid_m0') + 1.5 * at('complaints');
  return probabilityOf(-4 + controllable + 4 * at('unpaid'));
});
const finder = new ChangeFinder(model, causes, COLUMNS);
const LINE = 0.05;

/** @param probability of the values of a row */
function modelOf(probability: (valueAt: (name: string) => number) => number): Pick<ServedModel, 'predictChanged'> {
  return {
    predictChanged: (of, all, changes) =>
      withEachChange(of, all, changes, (changed, rows) =>
        Float64Array.from(rows, (row) => probability((name) => changed.numberColumn(name).values[row]!)),
      ),
  };
}

function changeOf(is: (row: number) => boolean) {
  const row = [...allRows(table.rowCount)].find(is)!;
  const rows = Uint32Array.of(row);
  const groups = rows.map(causes.groups.placerOf(table));
  return finder.find({ table, rows, groups }, LINE)[0];
}

test('names the one thing that suffices, from what to what, with the probability then', () => {
  const change = changeOf(
    (row) => valueOf('complaints', row) === 2 && valueOf('overpaid_m0', row) === 0 && valueOf('unpaid', row) === 0,
  );
  expect(change).toEqual({
    levers: ['service'],
    columns: [
      {
        column: 'complaints',
        type: 'number',
        value: { $case: 'number', number: 2 },
        to: { $case: 'toNumber', toNumber: 0 },
      },
    ],
    probability: probabilityOf(-4),
  });
});

test('changes several things only if no single one suffices', () => {
  const change = changeOf(
    (row) => valueOf('complaints', row) === 2 && valueOf('overpaid_m0', row) === 2 && valueOf('unpaid', row) === 0,
  );
  expect(change!.levers).toEqual(['plan', 'service']);
  expect(change!.columns.map(({ column }) => column)).toEqual(expect.arrayContaining(['complaints', 'overpaid_m0']));
  expect(change!.probability).toBeCloseTo(probabilityOf(-4), 12);
});

test('a price beyond the plan changes without the plan, and with it where more has to change', () => {
  const renamed = (text: string): string => text.replaceAll('overpaid_', 'overage_share_');
  const priced = COLUMNS.map((column) => ({ ...column, name: renamed(column.name) }));
  const json = JSON.parse(renamed(JSON.stringify(causes.json))) as typeof causes.json;
  const ofPrices = modelOf((at) => probabilityOf(-4 + at('overage_share_m0') + 1.5 * at('complaints')));
  const prices = new Table(table.columns.map((column) => ({ ...column, name: renamed(column.name) })));
  const ofPriced = new ChangeFinder(ofPrices, new CauseModel(json, priced), priced);
  const leversOf = (complaints: number): readonly string[] | undefined => {
    const row = [...allRows(table.rowCount)].find(
      (each) => valueOf('complaints', each) === complaints && valueOf('overpaid_m0', each) === 2,
    )!;
    const rows = Uint32Array.of(row);
    return ofPriced.find({ table: prices, rows, groups: rows.map(causes.groups.placerOf(table)) }, LINE)[0]?.levers;
  };
  expect(leversOf(0)).toEqual(['price']);
  expect(leversOf(2)).toEqual(['plan', 'service']);
});

test('there is none where the operator cannot change what raises it', () => {
  expect(changeOf((row) => valueOf('unpaid', row) === 2)).toBeUndefined();
  expect(finder.find({ table, rows: new Uint32Array(), groups: new Uint32Array() }, LINE)).toEqual([]);
});
