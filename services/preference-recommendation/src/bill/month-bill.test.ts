// Bills computed by hand from the contract's formula; each has its arithmetic.
import fc from 'fast-check';
import type { Plan } from '../catalogue/plan.js';
import { parseBand } from '../catalogue/time-band.js';
import { plan, rate } from '../plan.fixture.js';
import { MonthBiller, type MonthBill } from './month-bill.js';
import { BASE_PER_MB, tariffOf } from './tariff.js';
import { USAGE_TYPES, classOf, segmentOfMinute, usageClassesOf, type UsageType } from './usage-class.js';

interface Used {
  type: UsageType;
  /** Seconds, MB, messages. */
  amount: number;
  network?: string;
  minute?: number;
  isIncoming?: boolean;
}

function billOf(tariffPlan: Plan, used: readonly Used[]): MonthBill {
  const classes = usageClassesOf([tariffPlan]);
  const segments = segmentOfMinute(classes);
  const codes = used.map(({ type, network = '', minute = 720, isIncoming = false }) =>
    classOf(
      classes,
      USAGE_TYPES.indexOf(type),
      isIncoming,
      Math.max(0, classes.networks.indexOf(network)),
      segments[minute]!,
    ),
  );
  const amounts = used.map(({ type, amount }) => (type.startsWith('data') ? amount * BASE_PER_MB : amount));
  const usage = { classes: Uint16Array.from(codes), amounts: Float64Array.from(amounts) };
  return new MonthBiller(tariffOf(tariffPlan, classes)).billOf(usage, 0, used.length);
}

const total = (tariffPlan: Plan, used: readonly Used[]): number => billOf(tariffPlan, used).total;
const call = (amount: number, more: Partial<Used> = {}): Used => ({ type: 'local', amount, ...more });
const bare = (over: Partial<Plan>): Plan => plan({ feeMinor: 0, voiceMinutes: 0, dataMb: 0, smsCount: 0, ...over });

describe('bills worked out by hand', () => {
  it('a month without use costs the fee', () => {
    expect(total(plan(), [])).toBe(3_900);
  });

  it('each begun minute counts, and what is beyond the plan is charged', () => {
    // 95 min + 61 s → 2 min + 5 min = 102 min; 102 − 100 = 2 min × 0.15 = 0.30; 39.00 + 0.30
    expect(total(plan(), [call(95 * 60), call(61), call(5 * 60)])).toBe(3_930);
  });

  it('long distance shares the minutes of the plan, each item rounded by itself', () => {
    const rates = [rate({ rateMicro: 3_000 }), rate({ item: 'long_distance', rateMicro: 3_000 })];
    const uneven = plan({ voiceMinutes: 1, rates });
    // 1 min in the plan; local 1 min × 0.003 = 0.003 → 0.00; long distance 2 min × 0.003 = 0.006 → 0.01
    expect(total(uneven, [call(60), call(60), call(120, { type: 'long_distance' })])).toBe(3_901);
    // 0.005 is half a cent: up. Local 2.5 min … none; 5 × 0.001 = 0.005 → 0.01
    expect(total(bare({ rates: [rate({ rateMicro: 1_000 })] }), [call(300)])).toBe(1);
    expect(total(bare({ rates: [rate({ rateMicro: 999 })] }), [call(300)])).toBe(0);
  });

  it('minutes cover calls in the order in which they were made', () => {
    const dear = plan({ voiceMinutes: 10, rates: [rate(), rate({ item: 'long_distance', rateMicro: 250_000 })] });
    const [near, far] = [call(600), call(600, { type: 'long_distance' })];
    // local first: 10 min covered, 10 × 0.25 = 2.50; long distance first: 10 × 0.15 = 1.50
    expect([total(dear, [near, far]), total(dear, [far, near])]).toEqual([4_150, 4_050]);
  });

  it('calls while roaming and abroad are never covered', () => {
    // 2 min × 0.15 = 0.30, though all 100 minutes are left
    expect(total(plan(), [call(120, { type: 'roaming' })])).toBe(3_930);
    expect(total(plan(), [call(120, { type: 'roaming_intl' })])).toBe(3_930);
    // 10 MB abroad × 0.0045 = 0.045 → 0.05
    expect(total(plan(), [{ type: 'data_intl', amount: 10 }])).toBe(3_905);
  });

  it('data is exact to the byte and rounded once', () => {
    // 8,192 in the plan; 1000.111 × 0.0045 = 4.5004995 → 4.50; 1001.112 × 0.0045 = 4.505004 → 4.51
    expect(
      total(plan(), [
        { type: 'data', amount: 8_192 },
        { type: 'data', amount: 1_000.111 },
      ]),
    ).toBe(4_350);
    expect(
      total(plan(), [
        { type: 'data', amount: 9_000 },
        { type: 'data', amount: 193.112 },
      ]),
    ).toBe(4_351);
  });

  it('messages beyond the plan', () => {
    // 23 − 20 = 3 × 0.10
    expect(
      total(plan(), [
        { type: 'sms', amount: 1 },
        { type: 'sms', amount: 22 },
      ]),
    ).toBe(3_930);
  });

  it('the rate of a network and of a part of the day win over the plain one', () => {
    const rates = [
      rate(),
      rate({ band: parseBand('21:00-07:00'), rateMicro: 80_000 }),
      rate({ peerNetwork: 'own', rateMicro: 50_000 }),
    ];
    const special = bare({ rates });
    const at = (minute: number, network = 'rival_a') => total(special, [call(60, { minute, network })]);
    expect([at(20 * 60 + 59), at(21 * 60), at(0), at(6 * 60 + 59), at(7 * 60)]).toEqual([15, 8, 8, 8, 15]);
    // The network takes precedence over the band.
    expect([at(12 * 60, 'own'), at(23 * 60, 'own')]).toEqual([5, 5]);
  });

  it('steps within a call, each by its own unit: the first three minutes as one, then by the minute', () => {
    const rates = [rate({ unit: 180, rateMicro: 220_000 }), rate({ fromUnit: 3, rateMicro: 110_000 })];
    const stepped = bare({ rates });
    // 1 s → 0.22; 180 s → 0.22; 181 s → 0.22 + 0.11; 300 s → 0.22 + 2 × 0.11; two calls are rated separately
    expect([1, 180, 181, 300].map((seconds) => total(stepped, [call(seconds)]))).toEqual([22, 22, 33, 44]);
    expect(total(stepped, [call(180), call(180)])).toBe(44);
  });

  it('steps of data count over the month', () => {
    const stepped = bare({
      rates: [rate({ item: 'data', rateMicro: 290_000 }), rate({ item: 'data', fromUnit: 100, rateMicro: 50_000 })],
    });
    // 80 + 40 MB: 100 × 0.29 + 20 × 0.05 = 30.00
    expect(
      total(stepped, [
        { type: 'data', amount: 80 },
        { type: 'data', amount: 40 },
      ]),
    ).toBe(3_000);
  });

  it('a call costs no more than its limit', () => {
    const capped = bare({ rates: [rate({ callCapMinor: 100 })] });
    // 6 min = 0.90; 7 min = 1.05 → 1.00; 60 min → 1.00
    expect(total(capped, [call(360), call(420), call(3_600)])).toBe(90 + 100 + 100);
  });

  it('free units come after those in the plan', () => {
    const free = plan({ feeMinor: 0, voiceMinutes: 10, rates: [rate({ freeUnits: 5 })] });
    // 18 − 10 − 5 = 3 min × 0.15
    expect([total(free, [call(15 * 60)]), total(free, [call(18 * 60)])]).toEqual([0, 45]);
  });

  it('what lacks to the least spend is charged', () => {
    const least = plan({ feeMinor: 8_800, minSpendMinor: 9_800, voiceMinutes: 0 });
    // 88.00 + 60 × 0.15 = 97.00 → 98.00; 88.00 + 80 × 0.15 = 100.00
    expect([total(least, [call(3_600)]), total(least, [call(4_800)])]).toEqual([9_800, 10_000]);
    expect(billOf(least, [call(3_600)]).toMinSpend).toBe(100);
  });

  it('incoming calls are free without a rate', () => {
    expect(total(plan({ voiceMinutes: 0 }), [call(600, { isIncoming: true })])).toBe(3_900);
    const both = bare({ rates: [rate(), rate({ direction: 'in', rateMicro: 40_000 })] });
    // 10 min × 0.04
    expect(total(both, [call(600, { isIncoming: true })])).toBe(40);
  });

  it('long distance without its own rate has the local rate; without any rate, the bill is unknown', () => {
    expect(total(bare({ rates: [rate()] }), [call(60, { type: 'long_distance' })])).toBe(15);
    const noData = plan({ rates: [rate()] });
    expect(total(noData, [{ type: 'data', amount: 8_192 }])).toBe(3_900);
    expect(total(noData, [{ type: 'data', amount: 8_193 }])).toBeNaN();
  });
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
