import { parseBand } from '../catalogue/time-band.js';
import { plan, rate } from '../plan.fixture.js';
import { tariffOf, totalsObstacle } from './tariff.js';
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
    ['network', withRate({ peerNetwork: 'own' })],
    ['time_band', withRate({ band: parseBand('21:00-07:00') })],
    ['steps', withRate({ fromUnit: 3 })],
    ['call_cap', plan({ rates: [rate({ callCapMinor: 100 })] })],
    ['rounding', plan({ rates: [rate({ unit: 6 })] })],
    ['rounding', plan({ rates: [rate({ item: 'data', isCeil: true })] })],
    ['incoming', withRate({ direction: 'in' })],
    ['rates_differ', plan({ rates: [rate(), rate({ item: 'long_distance', rateMicro: 1 })] })],
  ])('is not exact with %s', (obstacle, tariffPlan) => {
    expect(isExact(tariffPlan)).toBe(false);
    expect(totalsObstacle(tariffPlan)).toBe(obstacle);
  });
});
