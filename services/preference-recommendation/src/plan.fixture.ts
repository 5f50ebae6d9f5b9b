import type { Plan, Rate } from './catalogue/plan.js';

/** A rate of 0.15 per started minute of outgoing calls, by default. */
export function rate(over: Partial<Rate> = {}): Rate {
  const isCall = over.item !== 'data' && over.item !== 'sms';
  return {
    item: 'local',
    direction: 'out',
    peerNetwork: undefined,
    band: undefined,
    fromUnit: 0,
    rateMicro: 150_000,
    unit: isCall ? 60 : 1,
    isCeil: over.item !== 'data',
    callCapMinor: undefined,
    freeUnits: 0,
    ...over,
  };
}

/** 39 per month with 100 minutes, 8,192 MB and 20 messages; every item has a rate. */
export function plan(over: Partial<Plan> = {}): Plan {
  return {
    id: 'P039',
    name: '畅享套餐39元',
    service: 'mobile',
    kind: 'mainstream',
    tier: 2,
    feeMinor: 3_900,
    voiceMinutes: 100,
    dataMb: 8_192,
    smsCount: 20,
    minSpendMinor: 0,
    commitmentMonths: 0,
    exitFeeMinor: 0,
    eligibleSegment: '',
    onSaleFromDay: undefined,
    onSaleToDay: undefined,
    rates: [
      rate(),
      rate({ item: 'long_distance' }),
      rate({ item: 'roaming' }),
      rate({ item: 'data', rateMicro: 4_500 }),
      rate({ item: 'sms', rateMicro: 100_000 }),
    ],
    ...over,
  };
}
