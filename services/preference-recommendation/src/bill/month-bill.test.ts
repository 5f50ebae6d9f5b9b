// Bills computed by hand from the contract's formula; each has its arithmetic.
import fc from 'fast-check';
import type { Plan } from '../catalogue/plan.js';
import { parseBand } from '../catalogue/time-band.js';
import { plan, rate } from '../plan.fixture.js';
import { MonthBiller, type MonthBill } from './month-bill.js';
import { BASE_PER_MB, tariffOf } from './tariff.js';
import {
  USAGE_TYPES,
  classOf,
  segmentOfMinute,
  usageClassesOf,
  type UsageClasses,
  type UsageType,
} from './usage-class.js';

interface Used {
  type: UsageType;
  /** Seconds, MB, messages. */
  amount: number;
  network?: string;
  minute?: number;
  isIncoming?: boolean;
}

const networkOf = ({ networks }: UsageClasses, name: string): number => Math.max(0, networks.indexOf(name));

function billOf(tariffPlan: Plan, used: readonly Used[]): MonthBill {
  const classes = usageClassesOf([tariffPlan]);
  const segments = segmentOfMinute(classes);
  const codes = used.map(({ type, network = '', minute = 720, isIncoming = false }) =>
    classOf(classes, USAGE_TYPES.indexOf(type), isIncoming, networkOf(classes, network), segments[minute]!),
  );
  const amounts = used.map(({ type, amount }) => (type.startsWith('data') ? amount * BASE_PER_MB : amount));
  const usage = { classes: Uint16Array.from(codes), amounts: Float64Array.from(amounts) };
  return new MonthBiller(tariffOf(tariffPlan, classes)).billOf(usage, 0, used.length);
}

const total = (tariffPlan: Plan, used: readonly Used[]): number => billOf(tariffPlan, used).total;
const call = (amount: number, more: Partial<Used> = {}): Used => ({ type: 'local', amount, ...more });
const bare = (over: Partial<Plan>): Plan => plan({ feeMinor: 0, voiceMinutes: 0, dataMb: 0, smsCount: 0, ...over });

const far = (amount: number): Used => call(amount, { type: 'long_distance' });
const data = (amount: number): Used => ({ type: 'data', amount });
const sms = (amount: number): Used => ({ type: 'sms', amount });
const incoming = call(600, { isIncoming: true });
const at = (minute: number, network = 'rival_a'): Used[] => [call(60, { minute, network })];

const uneven = plan({
  ...{ voiceMinutes: 1, rates: [rate({ rateMicro: 3_000 }), rate({ item: 'long_distance', rateMicro: 3_000 })] },
});
const dear = plan({ voiceMinutes: 10, rates: [rate(), rate({ item: 'long_distance', rateMicro: 250_000 })] });
const night = rate({ band: parseBand('21:00-07:00'), rateMicro: 80_000 });
const special = bare({ rates: [rate(), night, rate({ peerNetwork: 'own', rateMicro: 50_000 })] });
const stepped = bare({ rates: [rate({ unit: 180, rateMicro: 220_000 }), rate({ fromUnit: 3, rateMicro: 110_000 })] });
const dataStepped = bare({
  rates: [rate({ item: 'data', rateMicro: 290_000 }), rate({ item: 'data', fromUnit: 100, rateMicro: 50_000 })],
});
const free = plan({ feeMinor: 0, voiceMinutes: 10, rates: [rate({ freeUnits: 5 })] });
const least = plan({ feeMinor: 8_800, minSpendMinor: 9_800, voiceMinutes: 0 });
const both = bare({ rates: [rate(), rate({ direction: 'in', rateMicro: 40_000 })] });
const noData = plan({ rates: [rate()] });

describe('bills worked out by hand, in cents', () => {
  it.each<[string, Plan, Used[], number]>([
    ['a month without use costs the fee', plan(), [], 3_900],
    // 95 min + 61 s → 2 min + 5 min = 102 min; 102 − 100 = 2 min × 0.15 = 0.30; 39.00 + 0.30
    ['each begun minute beyond the plan is charged', plan(), [call(95 * 60), call(61), call(5 * 60)], 3_930],
    // 1 min in the plan; local 1 min × 0.003 = 0.003 → 0.00; long distance 2 min × 0.003 = 0.006 → 0.01
    ['long distance shares minutes, and each item is rounded', uneven, [call(60), call(60), far(120)], 3_901],
    // 0.005 is half a cent: up. Local 2.5 min … none; 5 × 0.001 = 0.005 → 0.01
    ['half a cent is rounded up', bare({ rates: [rate({ rateMicro: 1_000 })] }), [call(300)], 1],
    ['less than half a cent is nothing', bare({ rates: [rate({ rateMicro: 999 })] }), [call(300)], 0],
    // local first: 10 min covered, 10 × 0.25 = 2.50; long distance first: 10 × 0.15 = 1.50
    ['minutes cover calls in the order in which they were made', dear, [call(600), far(600)], 4_150],
    ['minutes cover calls in the other order', dear, [far(600), call(600)], 4_050],
    // 2 min × 0.15 = 0.30, though all 100 minutes are left
    ['calls while roaming are never covered', plan(), [call(120, { type: 'roaming' })], 3_930],
    ['calls abroad are never covered', plan(), [call(120, { type: 'roaming_intl' })], 3_930],
    // 10 MB abroad × 0.0045 = 0.045 → 0.05
    ['data abroad are never covered', plan(), [{ type: 'data_intl', amount: 10 }], 3_905],
    // 8,192 in the plan; 1000.111 × 0.0045 = 4.5004995 → 4.50; 1001.112 × 0.0045 = 4.505004 → 4.51
    ['data are exact to the byte', plan(), [data(8_192), data(1_000.111)], 4_350],
    ['data are rounded once', plan(), [data(9_000), data(193.112)], 4_351],
    // 23 − 20 = 3 × 0.10
    ['messages beyond the plan', plan(), [sms(1), sms(22)], 3_930],
    ['before a part of the day', special, at(20 * 60 + 59), 15],
    ['from the start of a part of the day', special, at(21 * 60), 8],
    ['in a part of the day that crosses midnight', special, at(0), 8],
    ['to the end of a part of the day', special, at(6 * 60 + 59), 8],
    ['after a part of the day', special, at(7 * 60), 15],
    ['in a network', special, at(12 * 60, 'own'), 5],
    ['the network takes precedence over the part of the day', special, at(23 * 60, 'own'), 5],
    // 1 s → 0.22; 180 s → 0.22; 181 s → 0.22 + 0.11; 300 s → 0.22 + 2 × 0.11; two calls are rated separately
    ['the first three minutes are one unit: a second', stepped, [call(1)], 22],
    ['the first three minutes are one unit: all three', stepped, [call(180)], 22],
    ['then each minute is a unit: one', stepped, [call(181)], 33],
    ['then each minute is a unit: two', stepped, [call(300)], 44],
    ['steps are within a call', stepped, [call(180), call(180)], 44],
    // 80 + 40 MB: 100 × 0.29 + 20 × 0.05 = 30.00
    ['steps of data count over the month', dataStepped, [data(80), data(40)], 3_000],
    // 6 min = 0.90; 7 min = 1.05 → 1.00; 60 min → 1.00
    ['a call has a limit', bare({ rates: [rate({ callCapMinor: 100 })] }), [360, 420, 3_600].map((s) => call(s)), 290],
    // 18 − 10 − 5 = 3 min × 0.15
    ['free units come after those in the plan', free, [call(15 * 60)], 0],
    ['units after the free ones are charged', free, [call(18 * 60)], 45],
    // 88.00 + 60 × 0.15 = 97.00 → 98.00; 88.00 + 80 × 0.15 = 100.00
    ['what lacks to the least spend is charged', least, [call(3_600)], 9_800],
    ['nothing lacks to the least spend', least, [call(4_800)], 10_000],
    ['incoming calls are free without a rate', plan({ voiceMinutes: 0 }), [incoming], 3_900],
    // 10 min × 0.04
    ['incoming calls with a rate', both, [incoming], 40],
    ['long distance without its own rate has the local rate', bare({ rates: [rate()] }), [far(60)], 15],
    ['data within the plan without a rate', noData, [data(8_192)], 3_900],
    ['without any rate, the bill is unknown', noData, [data(8_193)], Number.NaN],
  ])('%s', (_case, tariffPlan, used, cents) => expect(total(tariffPlan, used)).toBe(cents));

  it('names what lacks to the least spend', () => expect(billOf(least, [call(3_600)]).toMinSpend).toBe(100));
});

describe('for every use', () => {
  const types = fc.constantFrom<UsageType>('local', 'long_distance', 'roaming', 'data', 'sms');
  const used = fc.record({
    type: types,
    amount: fc.integer({ min: 1, max: 4_000 }),
    network: fc.constantFrom('own', 'rival_a'),
    minute: fc.integer({ min: 0, max: 1_439 }),
  });
  const plans = fc.constantFrom(
    plan(),
    plan({ voiceMinutes: 7, smsCount: 3, dataMb: 100, minSpendMinor: 5_000 }),
    plan({ rates: [...plan().rates, rate({ peerNetwork: 'own', rateMicro: 7_777 })] }),
    plan({ rates: [...plan().rates, rate({ band: parseBand('21:00-07:00'), rateMicro: 3_333 })] }),
    bare({ rates: [rate({ unit: 6, rateMicro: 12_345 }), ...plan().rates.slice(1)] }),
  );

  it('the parts are the bill, and the plan covers no more than it includes', () => {
    fc.assert(
      fc.property(plans, fc.array(used, { maxLength: 60 }), (tariffPlan, month) => {
        const { charges, toMinSpend, included, billed, total: sum } = billOf(tariffPlan, month);
        expect(tariffPlan.feeMinor + charges.reduce((all, charge) => all + charge, 0) + toMinSpend).toBe(sum);
        expect(included[0]! + included[1]!).toBeLessThanOrEqual(tariffPlan.voiceMinutes * 60);
        expect(included[3]!).toBeLessThanOrEqual(tariffPlan.dataMb * BASE_PER_MB);
        included.forEach((covered, item) => expect(covered >= 0 && covered <= billed[item]!).toBe(true));
      }),
    );
  });

  it('more use never costs less, and the order of equal calls does not matter', () => {
    fc.assert(
      fc.property(plans, fc.array(used, { maxLength: 60 }), used, (tariffPlan, month, more) => {
        expect(total(tariffPlan, [...month, more])).toBeGreaterThanOrEqual(total(tariffPlan, month));
        const ofOneClass = month.map((each) => ({ ...each, type: more.type, network: 'own', minute: 720 }));
        expect(total(tariffPlan, [...ofOneClass].reverse())).toBe(total(tariffPlan, ofOneClass));
      }),
    );
  });
});
