import { Lease } from '@holdfast/contracts/campaign/v1/work';
import { ListSuppressionsResponse } from '@holdfast/contracts/customer_profile/v1/consent';
import { Customer } from '@holdfast/contracts/customer_profile/v1/customer';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import { testGateway } from '../gateway.fixture.js';
import { Audit } from './audit.js';
import { CHAIN_START } from './audit-chain.js';
import { verifyChain } from './ledger.js';

const CUSTOMER = '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01';
const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const LEASE = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const unknown = failure('notFound', 'customer.unknown', { en: 'There is none.', 'zh-CN': '没有。' });

const lease = Lease.fromPartial({
  leaseId: LEASE,
  expiresAt: new Date(),
  item: { itemId: LEASE, subscriptionId: SUBSCRIPTION },
});
const suppressed = Array.from({ length: 150 }, (_, i) => `5f0c1f6e-3a54-5c55-8e2c-${String(i).padStart(12, '0')}`);

const gateway = testGateway({
  customers: {
    getCustomer: async () => {
      throw unknown();
    },
    resolveCustomer: async () =>
      Customer.fromPartial({
        customerId: CUSTOMER,
        subscriptions: [{ subscriptionId: SUBSCRIPTION }],
        personal: [{ name: 'key', value: 'A-000017' }],
      }),
  },
  consents: {
    getContactDetails: async () => ({ key: 'A-000017', number: '' }),
    listSuppressions: async () =>
      ListSuppressionsResponse.fromPartial({
        suppressions: suppressed.map((customerId) => ({ suppressionId: LEASE, customerId, from: new Date() })),
      }),
  },
  imports: {
    listRejects: async () => ({
      rejects: [1, 2].map((line) => ({ file: 'a.csv', line, column: '', rule: 'key.missing', value: '13800138000' })),
      nextPageToken: '',
    }),
  },
  work: { leaseNext: async () => ({ lease, passedOver: {} }), renewLease: async () => lease },
});

interface Entry {
  auditId: string;
  client: string;
  operation: string;
  status: number;
  subjectIds: string[];
  subjectCount: number | null;
}

async function listed(query: Record<string, string> = {}): Promise<Entry[]> {
  const { status, json } = await gateway.get(`/api/v1/audit?${new URLSearchParams({ pageSize: '1000', ...query })}`);
  expect(status).toBe(200);
  return json['entries'] as Entry[];
}

const resolve = () => gateway.post('/api/v1/customers:resolve', { kind: 'number', value: '13800138000' });
const verification = async (query = '') => (await gateway.get(`/api/v1/audit/verification${query}`)).json;

describe('an entry names whose data were read or changed', () => {
  const rejects = `/api/v1/imports/${LEASE}/rejects`;
  const named = { client: 'shenyang', headers: { 'x-access-reason': 'case 4711' } };
  const body = { agent: 'a' };
  test.each<[string, Parameters<typeof gateway.ask>, object]>([
    [
      'POST /api/v1/customers:resolve',
      ['POST', '/api/v1/customers:resolve', { body: { kind: 'number', value: '13800138000' } }],
      { status: 200, subjectIds: [CUSTOMER, SUBSCRIPTION], subjectCount: 2 },
    ],
    [
      'POST /api/v1/agent-queues/{queue}/leases',
      ['POST', '/api/v1/agent-queues/demo/leases', { body }],
      { status: 201, subjectIds: ['demo', LEASE, SUBSCRIPTION] },
    ],
    [
      'PUT /api/v1/leases/{leaseId}:renew',
      ['PUT', `/api/v1/leases/${LEASE}:renew`],
      { status: 200, subjectIds: [LEASE, SUBSCRIPTION] },
    ],
    [
      'GET /api/v1/suppressions',
      ['GET', '/api/v1/suppressions'],
      { status: 200, subjectIds: suppressed.slice(0, 100), subjectCount: 150 },
    ],
    [
      'GET /api/v1/imports/{importId}/rejects',
      ['GET', rejects, named],
      { client: 'shenyang', accessReason: 'case 4711', subjectIds: [LEASE], subjectCount: 2 },
    ],
    [
      'GET /api/v1/imports/{importId}/rejects',
      ['GET', `${rejects}?format=csv`, named],
      { client: 'shenyang', accessReason: 'case 4711', subjectIds: [LEASE], subjectCount: null },
    ],
    // Refusals: another region's id, a missing scope, a name in the path that may be anything.
    [
      'GET /api/v1/customers/{customerId}',
      ['GET', `/api/v1/customers/${CUSTOMER}`],
      { status: 404, subjectIds: [CUSTOMER] },
    ],
    [
      'GET /api/v1/customers/{customerId}',
      ['GET', `/api/v1/customers/${CUSTOMER}`, { client: 'reader' }],
      { client: 'reader', status: 403, subjectIds: [CUSTOMER] },
    ],
    [
      'GET /api/v1/agent-queues/{queue}/items',
      ['GET', '/api/v1/agent-queues/13800138000/items', { client: 'reader' }],
      { client: 'reader', status: 403, subjectIds: [], subjectCount: 0 },
    ],
  ])('%s', async (operation, request, entry) => {
    await gateway.ask(...request);
    const [newest] = await listed({ operation });
    expect(newest).toMatchObject({ operation, client: 'console', ...entry });
  });

  test('also where the stored answer to a repeated request is given out again', async () => {
    const headers = { 'idempotency-key': 'lease-7', 'x-access-reason': 'case 4711' };
    const request = { client: 'shenyang', body, headers };
    const lease = () => gateway.ask('POST', '/api/v1/agent-queues/demo/leases', request);
    expect((await lease()).json).toMatchObject({ lease: { key: 'A-000017' } });
    expect((await lease()).headers.get('idempotency-replayed')).toBe('true');
    const [second, first] = await listed({ operation: 'POST /api/v1/agent-queues/{queue}/leases' });
    const { auditId, ...repeated } = second!;
    const subjects = { subjectIds: ['demo', LEASE, SUBSCRIPTION], subjectCount: 3 };
    expect(repeated).toMatchObject({ ...subjects, accessReason: 'case 4711' });
    expect(first).toMatchObject({ ...subjects, status: 201 });
    expect(auditId).not.toBe(first!.auditId);
  });

  test('by id, never by number', async () => {
    const rows = await gateway.database.query<{ text: string }>('select e::text as text from audit_entry e');
    expect(rows.filter(({ text }) => text.includes('13800138000'))).toEqual([]);
  });
});

describe('the list', () => {
  beforeAll(async () => {
    await resolve();
    await gateway.get('/api/v1/jobs', { client: 'reader' });
  });

  test.each<[Record<string, string>, (entry: Entry) => boolean]>([
    [{ client: 'reader' }, ({ client }) => client === 'reader'],
    [{ subject: CUSTOMER }, ({ subjectIds }) => subjectIds.includes(CUSTOMER)],
    [{ operation: 'POST /api/v1/customers:resolve' }, ({ operation }) => operation.endsWith('customers:resolve')],
    [{ status: '403' }, ({ status }) => status === 403],
  ])('with the filter %j', async (filter, fits) => {
    const [all, filtered] = [await listed(), await listed(filter)];
    expect(filtered.length).toBeGreaterThan(0);
    expect(filtered).toEqual(all.filter(fits));
  });

  test('of a time', async () => {
    const from = new Date().toISOString();
    await resolve();
    const to = new Date(Date.now() + 1).toISOString();
    const operation = 'POST /api/v1/customers:resolve';
    expect(await listed({ operation, from, to })).toHaveLength(1);
    expect(await listed({ operation, from: to })).toEqual([]);
  });

  test('comes page by page, newest first', async () => {
    const to = new Date().toISOString();
    const all = await listed({ to });
    const paged: Entry[] = [];
    for (let pageToken: string | null = ''; pageToken !== null;) {
      const query = new URLSearchParams({ to, pageSize: '3', pageToken });
      const { json } = await gateway.get(`/api/v1/audit?${query}`);
      paged.push(...(json['entries'] as Entry[]));
      pageToken = json['nextPageToken'] as string | null;
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(6);
  });

  test('is for those who have the scope and see the whole province', async () => {
    const asked = (client: string) => gateway.get('/api/v1/audit', { client });
    expect((await asked('reader')).json).toMatchObject({ status: 403, code: 'caller.scopeMissing' });
    expect((await asked('auditor-of-city')).json).toMatchObject({ status: 403, code: 'caller.provinceOnly' });
  });
});

describe('the chain', () => {
  test('is not forked by concurrent writers', async () => {
    const replicas = [1, 2, 3].map(() => new Audit(gateway.database, new Clock()));
    const caller = {
      client: 'replica',
      scopes: new Set<string>(),
      orgScope: [],
      language: 'en' as const,
      system: false,
    };
    const entry = { caller, operation: 'GET /test', subjectIds: [], subjectCount: 0, status: 200, traceId: 't' };
    const { entries: before } = await verification();
    await Promise.all(Array.from({ length: 3_000 }, (_, i) => replicas[i % 3]!.append(entry)));
    const { entries, fault } = await verification();
    // The verification before is an entry itself.
    expect([entries, fault]).toEqual([Number(before) + 3_001, null]);
  });

  test('holds what a token or a header can bring', async () => {
    const caller = { client: 'a\0b', onBehalfOf: '\ud800', accessReason: '工单 "1"\\ \udc00' };
    await new Audit(gateway.database, new Clock()).append({
      caller: { ...caller, scopes: new Set<string>(), orgScope: [], language: 'en', system: false },
      ...{ operation: 'GET /test', subjectIds: ['a,b', '"'], subjectCount: 2, status: 200, traceId: 't' },
    });
    expect(await verification()).toMatchObject({ fault: null });
  });

  test('is verified after an entry whose hash was kept', async () => {
    const { head } = (await verification()) as { head: { sequence: number; hash: string } };
    await resolve();
    expect(await verification(`?afterSequence=${head.sequence}&afterHash=${head.hash}`)).toMatchObject({
      entries: 2,
      fault: null,
    });
    const wrong = `?afterSequence=${head.sequence}&afterHash=${'0'.repeat(64)}`;
    expect(await verification(wrong)).toMatchObject({ fault: { kind: 'changed', sequence: head.sequence + 1 } });
  });

  test.each([
    ['delete from audit_entry'],
    ['update audit_entry set status = 200'],
    ['truncate audit_entry'],
    ["set session_replication_role = replica; update audit_entry set client = ''"],
  ])('cannot be changed by %s', async (statement) => {
    const client = await gateway.database.pool.connect();
    await expect(client.query(statement)).rejects.toThrow('only ever added');
    client.release(true);
  });

  describe('after a change by the owner of the table', () => {
    /** Without the trigger, in a transaction that is undone. */
    async function faultAfter(statement: string): Promise<object | undefined> {
      const undo = new Error('undo');
      let fault: object | undefined;
      const attempt = gateway.database.transaction(async (tx) => {
        await tx.query('alter table audit_entry disable trigger audit_entry_append_only');
        await tx.query(statement);
        ({ fault } = await verifyChain(tx, CHAIN_START));
        throw undo;
      });
      await expect(attempt).rejects.toBe(undo);
      return fault;
    }
    const copy = (sequence: string, id: string) =>
      `insert into audit_entry
       select '${id}', at, client, on_behalf_of, operation, subject_ids, status, access_reason, trace_id, subject_count,
         ${sequence}, hash from audit_entry where sequence = 5`;
    const newest = '(select max(sequence) from audit_entry)';

    test.each([
      ['changed', 'a subject', "update audit_entry set subject_ids = '{}', subject_count = 0 where sequence = 1", 1],
      ['changed', 'a reason', "update audit_entry set access_reason = 'x' where sequence = 7", 7],
      ['changed', 'a hash', "update audit_entry set hash = '\\x00' where sequence = 7", 7],
      ['removed', 'one', 'delete from audit_entry where sequence = 5', 5],
      ['removed', 'the first', 'delete from audit_entry where sequence <= 3', 1],
      ['removed', 'all', 'delete from audit_entry', 1],
      ['inserted', 'with a used sequence', `drop index audit_entry_sequence; ${copy('5', CUSTOMER)}`, 5],
      ['changed', 'in place of one', `delete from audit_entry where sequence = 6; ${copy('6', CUSTOMER)}`, 6],
    ])('%s: %s', async (kind, _what, statement, sequence) => {
      expect(await faultAfter(statement)).toMatchObject({ kind, sequence });
    });

    test('removed: the newest', async () => {
      expect(await faultAfter(`delete from audit_entry where sequence = ${newest}`)).toMatchObject({ kind: 'removed' });
    });

    test('inserted: after the newest', async () => {
      // Its hash does not follow from the one before.
      expect(await faultAfter(copy(`${newest} + 1`, CUSTOMER))).toMatchObject({ kind: 'changed' });
    });

    test('is intact when all is undone', async () => {
      expect(await verification()).toMatchObject({ fault: null, unchained: 0 });
    });
  });
});
