import { judgeDisposition, type HeldLease } from './disposition-rule.js';

const now = new Date('2026-09-03T02:00:00Z');

function secondsFromNow(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function lease(changed: Partial<HeldLease> = {}): HeldLease {
  const inForce = { leasedAt: secondsFromNow(-100), expiresAt: secondsFromNow(20), endReason: null };
  return { ...inForce, ...changed };
}

function judge(held: HeldLease | undefined, said: { outcome?: string; at?: Date } = {}) {
  return judgeDisposition({ outcome: 'accepted', ...said }, held, { now, graceSeconds: 900 });
}

const recorded = { kind: 'record', outcome: 'accepted', at: now };
const refused = (failureKey: string) => ({ kind: 'refuse', failureKey });
const gone = refused('lease.gone');
const disposed = lease({ endReason: 'disposed', recorded: { touchId: 't', outcome: 'accepted' } });

describe('judging a disposition', () => {
  it.each([
    ['a lease in force', judge(lease()), recorded],
    ['a lease at its end', judge(lease({ expiresAt: now })), recorded],
    ['the last second of grace', judge(lease({ expiresAt: secondsFromNow(-899), endReason: 'expired' })), recorded],
    ['after the grace', judge(lease({ expiresAt: secondsFromNow(-900) })), gone],
    ['given back', judge(lease({ endReason: 'released' })), gone],
    ['no lease', judge(undefined), refused('lease.unknown')],
    ['the same again', judge(disposed), { kind: 'repeat', touchId: 't' }],
    ['something else afterwards', judge(disposed, { outcome: 'declined' }), refused('disposition.conflict')],
    ['no outcome at all', judge(lease(), { outcome: 'sold' }), refused('disposition.outcomeUnknown')],
    ['when it was', judge(lease(), { at: secondsFromNow(-30) }), { ...recorded, at: secondsFromNow(-30) }],
    ['before the lease', judge(lease(), { at: secondsFromNow(-161) }), refused('disposition.outsideLease')],
    ['in the future', judge(lease(), { at: secondsFromNow(61) }), refused('disposition.outsideLease')],
  ])('%s', (_, verdict, expected) => {
    expect(verdict).toEqual(expected);
  });
});
