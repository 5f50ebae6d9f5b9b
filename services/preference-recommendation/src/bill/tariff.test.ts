import { parseBand } from '../catalogue/time-band.js';
import { plan, rate } from '../plan.fixture.js';
import { tariffOf } from './tariff.js';
import { usageClassesOf } from './usage-class.js';

/** Whether monthly totals suffice for the bill. */
const isExact = (tariffPlan: ReturnType<typeof plan>): boolean =>
  tariffOf(tariffPlan, usageClassesOf([tariffPlan])).isExactFromTotals;

const withRate = (over: Parameters<typeof rate>[0]) => plan({ rates: [...plan().rates, rate(over)] });

describe('a tariff over monthly totals', () => {
  it('is exact with one plain rate for the calls that share the minutes', () => {
    expect(isExact(plan())).toBe(true);
    expect(isExact(plan({ rates: [rate(), rate({ item: 'roaming', rateMicro: 990_000 })] }))).toBe(true);
  });

  it.each([
    ['a network', withRate({ peerNetwork: 'own' })],
    ['a part of the day', withRate({ band: parseBand('21:00-07:00') })],
    ['a step', withRate({ fromUnit: 3 })],
    ['a limit', plan({ rates: [rate({ callCapMinor: 100 })] })],
    ['another unit', plan({ rates: [rate({ unit: 6 })] })],
    ['data by begun MB', plan({ rates: [rate({ item: 'data', isCeil: true })] })],
    ['what comes in', withRate({ direction: 'in' })],
    ['two rates for the same minutes', plan({ rates: [rate(), rate({ item: 'long_distance', rateMicro: 1 })] })],
  ])('is not exact with %s', (_, tariffPlan) => {
    expect(isExact(tariffPlan)).toBe(false);
  });
});
