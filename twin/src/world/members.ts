import type { Stream } from '../randomness/stream.js';
import type { HouseholdKind, Role } from './household-kinds.js';

export interface Member {
  role: Role;
  age: number;
  male: boolean;
  /** Where the member sleeps, if not at home. */
  away?: 'campus' | 'otherCity';
}

/** Members that are subscribers, the head first. */
export function sampleMembers(kind: HouseholdKind, random: Stream): Member[] {
  const age = kind === 'flatSharers' || kind === 'dormitory' ? 19 + random.below(13) : 25 + random.below(40);
  const male = random.chance(0.5);
  const head: Member = { role: 'head', age, male };
  const spouse: Member = { role: 'spouse', age: Math.max(22, age - 3 + random.below(6)), male: !male };
  const child = (away?: 'campus'): Member => {
    const years = Math.min(24, Math.max(12, age - 24 - random.below(8)));
    const isMale = random.chance(0.5);
    if (away !== undefined) return { role: 'child', age: 18 + random.below(4), male: isMale, away };
    return { role: 'child', age: years, male: isMale };
  };
  const elderAge = (): number => Math.min(90, age + 22 + random.below(10));
  const elder = (): Member => ({ role: 'elder', age: elderAge(), male: random.chance(0.45) });
  const tenant = (): Member => ({ role: 'tenant', age: 18 + random.below(14), male: random.chance(0.55) });
  const subscribersAmong = (share: number, ...others: Member[]): Member[] => others.filter(() => random.chance(share));
  switch (kind) {
    case 'alone':
      return [{ ...head, age: random.chance(0.3) ? 62 + random.below(22) : age }];
    case 'couple':
      return [head, ...subscribersAmong(0.8, spouse)];
    case 'withChildren':
      return [
        head,
        ...subscribersAmong(0.8, spouse),
        ...subscribersAmong(0.75, child(), ...(random.chance(0.35) ? [child()] : [])),
      ];
    case 'withElders':
      return [
        head,
        ...subscribersAmong(0.8, spouse),
        ...subscribersAmong(0.6, child()),
        ...subscribersAmong(0.7, elder(), ...(random.chance(0.4) ? [elder()] : [])),
      ];
    case 'apart':
      return random.chance(0.5)
        ? [head, ...subscribersAmong(0.8, spouse), child('campus')]
        : [head, { ...spouse, away: 'otherCity' }, ...subscribersAmong(0.6, child())];
    case 'flatSharers':
      return [{ ...head, role: 'tenant' }, tenant(), ...subscribersAmong(0.6, tenant(), tenant())];
    case 'dormitory':
      return [
        { ...head, role: 'tenant', age: 18 + random.below(6) },
        ...subscribersAmong(0.8, tenant(), tenant(), tenant(), tenant(), tenant()),
      ];
  }
}
