import fc from 'fast-check';
import type { ContactFacts } from '@holdfast/contracts/customer_profile/v1/consent';
import { DAY_MS } from '@holdfast/platform/calendar';
import { Clock } from '@holdfast/platform/clock';
import { customerId, newId, subscriptionId } from '@holdfast/platform/identity';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TestProfile, type FactTables, type Refusing } from '../customer-profile.fixture.js';
import type { FactRow } from '../synthetic-facts.fixture.js';
import { refusalsRead } from '../import/import-refusals.js';

const TODAY = '2026-11-03';
const writer = callOf({ scopes: ['consent:read', 'consent:write'] });

const profile = new TestProfile(`${TODAY}T02:00:00Z`);
const { facts, refusals, consents } = profile;
let sequence = 0;

const now = (): Date => profile.get(Clock).now();
const daysAgo = (days: number): Date => new Date(now().getTime() - days * DAY_MS);
const dayBefore = (days: number): string => new Date(Date.parse(TODAY) - days * DAY_MS).toISOString().slice(0, 10);

/** Rows of people, each with an account and a line. */
function tablesOf(people: readonly FactRow[], numbers: readonly FactRow[] = []): FactTables {
  const of = (row: FactRow): string => String(row['customer_id']);
  return {
    customers: people.map((row) => ({ kind: 'person', ...row })),
    accounts: people.map((row) => ({ account_id: of(row), customer_id: of(row) })),
    subscriptions: people.map((row) => ({
      ...{ subscription_id: of(row), customer_id: of(row), account_id: of(row), service: 'mobile', status: 'active' },
    })),
    ...(numbers.length === 0 ? {} : { number_history: [...numbers] }),
  };
}

async function loadExtract(tables: FactTables, refusing: Refusing[] = []): Promise<void> {
  sequence += 1;
  const importId = newId();
  facts.extracts.clear();
  refusals.imports.set(importId, refusing);
  await profile.loadExtract(sequence, now().toISOString(), tables, importId);
}

/** Refusals of an import of which nothing else goes in. */
async function refuseInFile(...refusing: Refusing[]): Promise<void> {
  const importId = newId();
  refusals.imports.set(importId, refusing);
  const event = { importId, origin: 'extract lost', refusals: refusing.length };
  await profile.publish(refusalsRead, { subjectId: importId }, event);
  await eventually(
    'the refusals are in',
    async () =>
      (await profile.database.query('select from refusal_import where import_id = $1', [importId])).length > 0,
  );
}

async function factsOf(key: string, channel = 'call'): Promise<ContactFacts> {
  const request = { subscriptionIds: [subscriptionId('demo', key)], purpose: 'marketing', channel };
  return (await consents.getContactFacts(systemCall, request)).facts[0]!;
}

function mayBeApproached(known: ContactFacts): boolean {
  const isRefused = known.suppressions.length > 0 || known.numberRefused || known.numberUnconfirmed;
  return known.consented === true && !isRefused;
}

const state = (key: string, granted: boolean, channel = 'any') =>
  consents.putConsent(writer, {
    ...{ customerId: customerId('demo', key), purpose: 'marketing', channel, granted, evidence: 'form' },
  });
const suppress = (key: string, reason = 'request', channel = 'any') =>
  consents.addSuppression(writer, { customerId: customerId('demo', key), channel, reason, to: undefined });
const answeredByAnother = async (key: string) => {
  const { numbers, customerId: id } = await factsOf(key);
  await consents.suspendNumbers(systemCall, { customerId: id, numbers, touchId: newId(), since: now() });
};

test('consents of a plain table count for their channel, lift no refusal that is not older, and come once', async () => {
  const load = async (version: string, consented: Refusing[], refused: Refusing[]): Promise<void> => {
    const importId = newId();
    refusals.imports.set(importId, refused);
    refusals.consents.set(importId, consented);
    const rows = ['T1', 'T2', 'T3'].map((key) => ({ key }));
    await profile.loadTable(`forms@${version}`, rows, { importId });
  };
  const all: Refusing[] = [
    ['T1', daysAgo(10)],
    ['T2', daysAgo(10)],
  ];
  await load('v1', all, [['T2', daysAgo(2)]]);
  const consented = async (key: string, channel: string) => (await factsOf(key, channel)).consented;
  expect([await consented('T1', 'sms'), await consented('T1', 'call')]).toEqual([true, false]);
  expect([await consented('T2', 'sms'), await consented('T3', 'sms')]).toEqual([false, false]);
  await load('v2', all, []);
  const sql = `select evidence from consent_decision where customer_id = $1 and granted`;
  const rows = await profile.database.query(sql, [customerId('demo', 'T1')]);
  expect(rows).toEqual([{ evidence: 'table forms, CRM forms' }]);
});

describe('a refusal in a file', () => {
  it('counts although its row did not go in, against an imported yes of before', async () => {
    await loadExtract(
      tablesOf([{ customer_id: 'F1', marketing_consent: true, consent_changed_at: daysAgo(60).toISOString() }]),
    );
    expect(await factsOf('F1')).toMatchObject({ consented: true, consentBasis: 'imported' });
    await refuseInFile(['F1', daysAgo(3)]);
    expect(await factsOf('F1')).toMatchObject({ consented: false, consentBasis: 'imported' });
    await state('F1', true);
    expect(await factsOf('F1')).toMatchObject({ consented: true, consentBasis: 'stated' });
  });

  it('is stored for a customer that no row names yet', async () => {
    await refuseInFile(['F2', daysAgo(3)]);
    await loadExtract(tablesOf([{ customer_id: 'F2', marketing_consent: true, registered_on: '2020-01-01' }]));
    expect(await factsOf('F2')).toMatchObject({ consented: false, consentBasis: 'imported' });
    const { consents: listed } = await consents.listConsents(writer, { customerId: customerId('demo', 'F2') });
    expect(listed).toContainEqual(expect.objectContaining({ granted: false, evidence: 'extract lost' }));
  });

  it('is stored before the customers of its extract are published, and once', async () => {
    await loadExtract(tablesOf([{ customer_id: 'F3' }]), [['F3', daysAgo(1)]]);
    expect(await factsOf('F3')).toMatchObject({ consented: false, consentBasis: 'imported' });
    const at = daysAgo(2);
    await refuseInFile(['F3', at]);
    await refuseInFile(['F3', at]);
    const sql = 'select from consent_decision where customer_id = $1 and decided_at = $2';
    const rows = await profile.database.query(sql, [...[customerId('demo', 'F3'), at]]);
    expect(rows).toHaveLength(1);
  });

  it('that the customer stated is not lifted by an import, and a yes of the future not taken', async () => {
    await loadExtract(tablesOf([{ customer_id: 'F4' }, { customer_id: 'F5' }]));
    await state('F4', false);
    await state('F5', true, 'sms');
    const changed = [now().toISOString(), daysAgo(-30).toISOString()];
    await loadExtract(
      tablesOf(
        ['F4', 'F5'].map((key, at) => ({
          customer_id: key,
          marketing_consent: true,
          consent_changed_at: changed[at]!,
        })),
      ),
    );
    expect(await factsOf('F4')).toMatchObject({ consented: false, consentBasis: 'stated' });
    expect(await factsOf('F5')).toMatchObject({ consented: false, consentBasis: 'default' });
    expect(await factsOf('F5', 'sms')).toMatchObject({ consented: true });
  });

  it('of the future holds at once', async () => {
    const dated = { marketing_consent: true, consent_changed_at: daysAgo(9).toISOString() };
    await loadExtract(tablesOf([{ customer_id: 'F6', ...dated }]));
    await loadExtract(
      tablesOf([{ customer_id: 'F6', marketing_consent: false, consent_changed_at: daysAgo(-30).toISOString() }]),
    );
    expect(await factsOf('F6')).toMatchObject({ consented: false });
  });
});

describe('a contact number', () => {
  it('carries a refusal to every holder, in any spelling', async () => {
    const phones = ['13800000001', '+86 138-0000-0001', '１３８０００００００１', '0086 13800000001', '13800000002'];
    const people = ['N1', 'N2', 'N3', 'N4', 'N5'].map((key, at) => ({ customer_id: key, contact_phone: phones[at]! }));
    await loadExtract(tablesOf(people));
    for (const { customer_id: key } of people) await state(key, true);
    await state('N1', false, 'call');
    const refused = async (channel: string) =>
      Promise.all(['N2', 'N3', 'N4', 'N5'].map(async (key) => (await factsOf(key, channel)).numberRefused));
    expect(await refused('call')).toEqual([true, true, true, false]);
    expect(await refused('sms')).toEqual([false, false, false, false]);
    await state('N1', true, 'call');
    expect(await refused('call')).toEqual([false, false, false, false]);
  });

  it('carries a request not to be contacted, and no other suppression, by call and message alone', async () => {
    await loadExtract(tablesOf(['N6', 'N7'].map((key) => ({ customer_id: key, contact_phone: '13800000006' }))));
    await suppress('N6', 'staff');
    expect(await factsOf('N7')).toMatchObject({ numberRefused: false });
    const { suppressionId } = await suppress('N6');
    expect(await factsOf('N7')).toMatchObject({ numberRefused: true, suppressions: [] });
    expect(await factsOf('N7', 'sms')).toMatchObject({ numberRefused: true });
    expect(await factsOf('N7', 'email')).toMatchObject({ numberRefused: false, numbers: [] });
    await consents.endSuppression(writer, { suppressionId });
    expect(await factsOf('N7')).toMatchObject({ numberRefused: false });
  });

  it('that is reassigned leaves the refusal with its former holder', async () => {
    const people = [{ customer_id: 'N8' }, { customer_id: 'N9' }];
    const first = { msisdn: '13800000008', subscription_id: 'N8', valid_from: '2026-01-01', how: 'new' };
    await loadExtract(tablesOf(people, [first]));
    await refuseInFile(['N8', daysAgo(90)]);
    const recycled = { msisdn: '13800000008', subscription_id: 'N9', valid_from: dayBefore(20), how: 'recycled' };
    await loadExtract(tablesOf(people, [{ ...first, valid_to: dayBefore(40) }, recycled]));
    await state('N9', true);
    expect(mayBeApproached(await factsOf('N9'))).toBe(true);
    expect(await factsOf('N8')).toMatchObject({ consented: false, numbers: [] });
  });

  it('is held by who uses the line, too', async () => {
    const tables = tablesOf(
      [{ customer_id: 'N10' }, { customer_id: 'N11' }],
      [{ msisdn: '13800000010', subscription_id: 'N10', valid_from: '2026-01-01', how: 'new' }],
    );
    tables['subscriptions']![0]!['user_customer_id'] = 'N11';
    await loadExtract(tables);
    await state('N10', true);
    await state('N11', false);
    expect(await factsOf('N10')).toMatchObject({ numberRefused: true });
  });

  it('at which another person answered is not used until it is confirmed, or another number is known', async () => {
    await loadExtract(
      tablesOf([
        { customer_id: 'W1', contact_phone: '13800000021' },
        { customer_id: 'W2', contact_phone: '13800000021' },
      ]),
    );
    await answeredByAnother('W1');
    expect(await factsOf('W1')).toMatchObject({ numberUnconfirmed: true });
    expect(await factsOf('W2')).toMatchObject({ numberUnconfirmed: false });
    const id = customerId('demo', 'W1');
    const stranger = callOf({ scopes: ['consent:write'], orgScope: ['demo/elsewhere/'] });
    await expect(consents.confirmNumbers(stranger, { customerId: id })).rejects.toMatchObject({ kind: 'notFound' });
    expect(await consents.confirmNumbers(writer, { customerId: id })).toEqual({ confirmed: 1 });
    expect(await factsOf('W1')).toMatchObject({ numberUnconfirmed: false });
    await answeredByAnother('W1');
    await loadExtract(tablesOf([{ customer_id: 'W1', contact_phone: '13800000021' }]));
    expect(await factsOf('W1')).toMatchObject({ numberUnconfirmed: true });
    await loadExtract(tablesOf([{ customer_id: 'W1', contact_phone: '13800000022' }]));
    expect(await factsOf('W1')).toMatchObject({ numberUnconfirmed: false });
  });

  it('that was unknown: the customer is in doubt until one is known', async () => {
    await loadExtract(tablesOf([{ customer_id: 'W3' }]));
    await answeredByAnother('W3');
    expect(await factsOf('W3')).toMatchObject({ numberUnconfirmed: true });
    await loadExtract(tablesOf([{ customer_id: 'W3', contact_phone: '13800000023' }]));
    expect(await factsOf('W3')).toMatchObject({ numberUnconfirmed: false });
  });
});

/** What can happen to three people and three numbers. */
type Step =
  | { do: 'import'; who: number; granted: boolean | undefined; days: number | undefined; phone: number | undefined }
  | { do: 'refuse'; who: number; days: number }
  | { do: 'state'; who: number; granted: boolean; channel: string }
  | { do: 'suppress'; who: number }
  | { do: 'wrong person'; who: number }
  | { do: 'confirm'; who: number };

const who = fc.integer({ min: 0, max: 2 });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('import' as const), who, granted: fc.constantFrom(undefined, true, false) },
      ...{ days: fc.constantFrom(undefined, -30, 0, 10, 40), phone: fc.constantFrom(undefined, 0, 1, 2) },
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refuse' as const), who, days: fc.constantFrom(0, 10, 40) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('state' as const), who, granted: fc.boolean(), channel: fc.constantFrom('any', 'call') },
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('suppress' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wrong person' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('confirm' as const), who }) },
);

/** Decisions and the rule by which one lifts a refusal, as in the decision record, without SQL. */
class Spoken {
  private readonly noes: { stated: boolean; at: number; order: number }[] = [];
  private readonly yeses: { stated: boolean; at: number; order: number; isGeneral: boolean }[] = [];
  isSuppressed = false;
  /** Numbers at which another person answered; `''` for none that was known. */
  readonly wrong = new Set<string>();
  phone = '';
  private order = 0;

  no(stated: boolean, at: number): void {
    this.noes.push({ stated, at, order: (this.order += 1) });
  }

  yes(stated: boolean, at: number, isGeneral: boolean): void {
    this.yeses.push({ stated, at, isGeneral, order: (this.order += 1) });
  }

  /** Whether some refusal was not lifted: of what was stated by what was stated later, of a file by a later date. */
  get refuses(): boolean {
    return (
      this.isSuppressed ||
      this.noes.some(
        (no) => !this.yeses.some((yes) => (no.stated ? yes.stated && yes.order > no.order : yes.at > no.at)),
      )
    );
  }

  /** Whether the last decision about all channels is a stated consent. */
  get agrees(): boolean {
    const last = Math.max(0, ...this.noes.map(({ order }) => order));
    const latest = Math.max(0, ...this.noes.map(({ at }) => at));
    return (
      !this.isSuppressed &&
      this.yeses.some(
        (yes) => yes.stated && yes.at > latest && yes.order > last && (!yes.isGeneral || this.noes.length === 0),
      )
    );
  }

  get isInDoubt(): boolean {
    return this.wrong.size > 0 && (this.phone === '' || this.wrong.has(this.phone));
  }
}

it('who refused is never approached until they consent again, whatever happens to files, numbers and others', async () => {
  let run = 0;
  const endsAtMs = Date.now() + 35_000;
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 3, maxLength: 9 }), async (steps) => {
      // Not a limit of fast-check: a run that it interrupts goes on, and its extracts replace those of the next test.
      if (Date.now() > endsAtMs) return;
      run += 1;
      const people = [0, 1, 2].map((at) => ({ key: `R${run}-${at}`, said: new Spoken() }));
      const phones = [0, 1, 2].map((at) => `139${String(run * 10 + at).padStart(8, '0')}`);
      let isThere = false;
      for (const step of [{ do: 'import', who: 0, granted: undefined, days: undefined, phone: 0 } as Step, ...steps]) {
        const { key, said } = people[step.who]!;
        switch (step.do) {
          case 'import': {
            if (step.phone !== undefined) said.phone = phones[step.phone]!;
            const at = step.days === undefined ? undefined : daysAgo(step.days);
            const rows = people.map((person) => ({
              customer_id: person.key,
              registered_on: '2020-01-01',
              ...(person.said.phone === '' ? {} : { contact_phone: person.said.phone }),
              ...(person.key !== key || step.granted === undefined ? {} : { marketing_consent: step.granted }),
              ...(person.key !== key || at === undefined ? {} : { consent_changed_at: at.toISOString() }),
            }));
            await loadExtract(tablesOf(rows));
            isThere = true;
            if (step.granted === true && step.days !== -30)
              said.yes(false, at?.getTime() ?? Date.parse('2020-01-01'), true);
            if (step.granted === false) said.no(false, Math.min(at?.getTime() ?? now().getTime(), now().getTime()));
            break;
          }
          case 'refuse': {
            const at = daysAgo(step.days);
            await refuseInFile([key, at]);
            said.no(false, at.getTime());
            break;
          }
          case 'state': {
            const { since } = await state(key, step.granted, step.channel);
            if (step.granted) said.yes(true, since!.getTime(), step.channel === 'any');
            else said.no(true, since!.getTime());
            break;
          }
          case 'suppress':
            await suppress(key);
            said.isSuppressed = true;
            break;
          case 'wrong person':
            await answeredByAnother(key);
            said.wrong.add(said.phone);
            break;
          case 'confirm':
            await consents.confirmNumbers(writer, { customerId: customerId('demo', key) });
            said.wrong.clear();
        }
        if (isThere) await check(people);
      }
    }),
    { numRuns: 25 },
  );

  async function check(people: { key: string; said: Spoken }[]): Promise<void> {
    for (const { key, said } of people) {
      const others = people.filter((other) => other.said !== said && other.said.phone !== '');
      const sharing = others.filter((other) => other.said.phone === said.phone);
      const isAllowed = mayBeApproached(await factsOf(key));
      const mustNot = said.refuses || said.isInDoubt || sharing.some((other) => other.said.refuses);
      const mustBe = said.agrees && !said.isInDoubt && !sharing.some((other) => other.said.refuses);
      expect({ key, isAllowed: isAllowed && mustNot }).toEqual({ key, isAllowed: false });
      expect({ key, isAllowed: isAllowed || !mustBe }).toEqual({ key, isAllowed: true });
    }
  }
}, 90_000);

it('of a table whose keys are subscriptions holds for the owner that an extract names', async () => {
  const tables = tablesOf([{ customer_id: 'OWNER' }]);
  tables['subscriptions'] = [
    { subscription_id: 'LINE', customer_id: 'OWNER', account_id: 'OWNER', service: 'mobile', status: 'active' },
  ];
  await loadExtract(tables);
  await state('OWNER', true);
  expect(mayBeApproached(await factsOf('LINE'))).toBe(true);
  // The table's own customer of the key LINE is not the line's owner.
  await refuseInFile(['LINE', now(), 'LINE']);
  expect(await factsOf('LINE')).toMatchObject({ consented: false, consentBasis: 'imported' });
});
