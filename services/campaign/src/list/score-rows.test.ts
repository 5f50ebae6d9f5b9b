import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { bytesColumn, categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { newId } from '@holdfast/platform/identity';
import { matchingRows, type ScoreFilter } from './score-rows.js';

describe('rows of a batch of scores', () => {
  it('keeps those at the threshold and above, without those that have no probability', () => {
    const probabilities = [0.499, 0.5, 0.9, NaN];
    const ids = probabilities.map(() => newId());
    const reasons = Reasons.fromPartial({ raising: [{ column: 'tenure' }, { column: 'fee' }] });
    const batch = {
      rows: 4,
      columns: [
        uuidColumn('subscription_id', ids),
        numberColumn('probability', Float64Array.from(probabilities)),
        numberColumn('value', Float64Array.of(1, NaN, 3, 4)),
        numberColumn('efficiency', Float64Array.of(1, NaN, 3, 4)),
        numberColumn('priority', Float64Array.of(1, 2, 3, 4)),
        categoryColumnOf('quadrant', ['A', 'C', undefined, 'D']),
        categoryColumnOf('org_unit_path', ['demo/', 'demo/沈阳/', 'demo/', 'demo/']),
        numberColumn('involuntary_probability', Float64Array.of(NaN, 0.1, 0.95, 0.1)),
        numberColumn('is_involuntary', Float64Array.of(0, 0, 1, 0)),
        categoryColumnOf('levers', ['', '', 'cutOffDate', '']),
        ...['timing', 'segment'].map((name) =>
          bytesColumn(
            name,
            probabilities.map(() => new Uint8Array()),
          ),
        ),
        bytesColumn(
          'reasons',
          [0, 1, 0, 0].map((has) => (has ? Reasons.encode(reasons).finish() : new Uint8Array())),
        ),
      ],
    };
    expect([...matchingRows(batch, { probabilityMin: 0.5 })]).toEqual([
      expect.objectContaining({ subscriptionId: ids[1], value: NaN, orgUnitPath: 'demo/沈阳/', firstReason: 'tenure' }),
      expect.objectContaining({ subscriptionId: ids[2], value: 3, isInvoluntary: true, levers: 'cutOffDate' }),
    ]);
    const idsOf = (filter: Partial<ScoreFilter>): string[] =>
      [...matchingRows(batch, { probabilityMin: 0, ...filter })].map((row) => row.subscriptionId);
    expect(idsOf({ quadrants: ['A', 'C'] })).toEqual([ids[0], ids[1]]);
    expect(idsOf({ orgUnitPath: 'demo/沈阳/' })).toEqual([ids[1]]);
    expect(idsOf({ orgUnitPath: 'demo/' })).toEqual(ids.slice(0, 3));
  });
});
