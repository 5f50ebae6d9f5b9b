import fc from 'fast-check';
import { PLANS } from '../world/plans.js';
import { billedMinutes, BillMeter } from './bill.js';
import { CALL } from './event-columns.js';

const planOf = (id: string): (typeof PLANS)[number] => PLANS.find((plan) => plan.id === id)!;

/** Expected values calculated by hand from the contract's formula. */
describe('a bill', () => {
  test('without usage is the fee', () => {
    expect(new BillMeter(planOf('P039')).bill()).toMatchObject({ rentCents: 3900, totalCents: 3900 });
  });

  test('counts started minutes and covers them in the order of the calls', () => {
    const meter = new BillMeter(planOf('P008')); // 30 minutes, then 0.15 per minute
    meter.addCall(CALL.local, false, 10, 29 * 60 - 30); // 29 covered
    meter.addCall(CALL.long_distance, false, 11, 61); // 1 covered, 1 charged
    meter.addCall(CALL.local, true, 12, 60); // charged
    expect(meter.bill()).toMatchObject({ longDistanceCents: 15, localCents: 15, totalCents: 830 });
  });

  test('never covers roaming calls', () => {
    const meter = new BillMeter(planOf('P059'));
    meter.addCall(CALL.roaming, false, 10, 125); // 3 minutes at 0.15
    expect(meter.bill()).toMatchObject({ roamingCents: 45, totalCents: 5945 });
  });

  test('rounds data half up to the cent, once', () => {
    const meter = new BillMeter(planOf('P008')); // 200 MB, then 0.005 per MB
    meter.addData(200_000);
    expect(meter.bill().dataCents).toBe(0);
    meter.addData(1_000); // 0.5 cents
    expect(meter.bill().dataCents).toBe(1);
    meter.addData(1_999); // 2.999 MB: 1.4995 cents
    expect(meter.bill().dataCents).toBe(1);
  });

  test('applies the most specific rate: at night, and on net', () => {
    const night = new BillMeter(planOf('L058')); // 150 minutes; 0.08 from 21:00 to 07:00
    night.addCall(CALL.local, false, 12, 150 * 60);
    night.addCall(CALL.local, false, 21, 600);
    night.addCall(CALL.local, false, 6, 600);
    night.addCall(CALL.local, false, 7, 600);
    expect(night.bill().localCents).toBe(80 + 80 + 150);
    const inside = new BillMeter(planOf('L088')); // 300 minutes; 0.05 on net
    inside.addCall(CALL.local, false, 12, 300 * 60);
    inside.addCall(CALL.local, true, 12, 600);
    inside.addCall(CALL.long_distance, true, 12, 600);
    expect(inside.bill()).toMatchObject({ localCents: 50, longDistanceCents: 150 });
  });

  test('reaches the minimum spend, the difference as rent', () => {
    expect(new BillMeter(planOf('L088')).bill()).toMatchObject({ rentCents: 9800, totalCents: 9800 });
    const meter = new BillMeter(planOf('L088'));
    meter.addSms(200); // 100 covered, 100 at 0.10
    expect(meter.bill()).toMatchObject({ smsCents: 1000, rentCents: 8800, totalCents: 9800 });
  });

  const callType = fc.constantFrom(...Object.values(CALL));
  const call = fc.tuple(callType, fc.boolean(), fc.nat(23), fc.integer({ min: 1, max: 7200 }));
  const calls = fc.array(call, { maxLength: 60 });

  test('is the sum of its parts, at least fee and minimum spend, and never falls with usage', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PLANS), calls, fc.nat(500), fc.nat(200_000_000), (plan, made, sms, milliMb) => {
        const meter = new BillMeter(plan);
        let last = meter.bill().totalCents;
        for (const each of made) {
          meter.addCall(...each);
          expect(meter.bill().totalCents).toBeGreaterThanOrEqual(last);
          last = meter.bill().totalCents;
        }
        meter.addSms(sms);
        meter.addData(milliMb);
        const bill = meter.bill();
        const { rentCents, localCents, longDistanceCents, roamingCents, dataCents, smsCents, totalCents } = bill;
        expect(rentCents + localCents + longDistanceCents + roamingCents + dataCents + smsCents).toBe(totalCents);
        expect(totalCents).toBeGreaterThanOrEqual(Math.max(plan.feeCents, plan.minSpendCents ?? 0));
      }),
    );
  });

  test('bills a minute from its first second', () => {
    expect([1, 59, 60, 61, 120, 121].map(billedMinutes)).toEqual([1, 1, 1, 2, 2, 3]);
  });
});
