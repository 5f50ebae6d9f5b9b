import fs from 'node:fs';
import { parseDay } from '@holdfast/platform/calendar';
import { subscriptionId } from '@holdfast/platform/identity';
import { identifiersOf } from '../extract/identifiers.js';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import type { Contact } from '../treatment/contact.js';
import { buildWorld } from '../world/world.js';
import { momentOf, readContacts } from './contact-file.js';

const world = buildWorld({ seed: 4, subscribers: 60, months: 2, to: '2026-09', continuedMonths: 1 });
const id = identifiersOf(world).subscription(5);
const RULES = { fromMonth: 2, offers: new Map([['summer deal', 'product' as const]]), firstNumber: 3 };

const folder = new TemporaryFolder();

function read(...lines: string[]): Contact[] {
  const file = folder.at('contacts.csv');
  fs.writeFileSync(file, lines.join('\n'));
  return readContacts(file, world, RULES);
}

describe('contacts that a system decided', () => {
  test('accept either identifier and synonyms, without the control group', () => {
    const contacts = read(
      'subscription_id,at,channel,arm,outcome,ignored',
      `${id},2026-10-06T19:30:00,telemarketing,discount,,1`,
      `${subscriptionId('demo', id)},2026-10-06T12:00:00Z,sms,summer deal,call_back,2`,
      `${id},2026-10-07,call,control,,3`,
      `${id},${Date.UTC(2026, 9, 8, 1)},hall,care,wrong_person,4`,
    );
    const day = parseDay('2026-10-06')!;
    const common = { at: 5, month: 2, campaign: 'K-LIVE' };
    expect(contacts).toEqual([
      { ...common, number: 3, day, second: 70_200, channel: 'call', offer: 'discount', given: undefined },
      { ...common, number: 4, day, second: 72_000, channel: 'sms', offer: 'product', given: 'no_answer' },
      { ...common, number: 5, day: day + 2, second: 32_400, channel: 'hall', offer: 'care', given: 'not_reached' },
    ]);
  });

  const header = 'subscription_id,at,channel,offer,response';
  test.each([
    ['TS00000000,2026-10-06,call,discount,', 'no such subscription'],
    [`${id},yesterday,call,discount,`, 'not a moment'],
    [`${id},2026-13-06,call,discount,`, 'not a moment'],
    [`${id},2026-09-30T23:59:59,call,discount,`, 'not in the months of this continuation, 2026-10 to 2026-10'],
    [`${id},2026-11-01,call,discount,`, 'not in the months'],
    [`${id},2026-10-06,pigeon,discount,`, 'channel is not one of call, sms'],
    [`${id},2026-10-06,call,a horse,`, 'offer is not one of fitted_plan'],
    [`${id},2026-10-06,call,discount,perhaps`, 'response is not one of'],
  ])('are rejected with their line: %s', (line, problem) => {
    const good = `${id},2026-10-06,call,discount,`;
    expect(() => read(header, good, line)).toThrow(problem);
    expect(() => read(header, good, line)).toThrow('line 3');
  });
});

test('a moment is local without an offset', () => {
  expect(momentOf('2026-10-06T00:30:00+08:00')).toEqual(momentOf('2026-10-06T00:30:00'));
  expect(momentOf('2026-10-05T16:30:00Z')).toEqual(momentOf('2026-10-06T00:30'));
  expect(momentOf('')).toBeUndefined();
});
