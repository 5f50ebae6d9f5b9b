import type { Field, FieldGroup, View360 } from '@holdfast/contracts/customer_profile/v1/view360';
import type { Call } from '@holdfast/platform/grpc';
import { accountId, customerId, subscriptionId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TestProfile, named, reader, type FactTables } from '../customer-profile.fixture.js';

const unit = { org_unit_path: 'demo/C1/' };
const elsewhere = { org_unit_path: 'demo/C2/' };
const months = ['2026-07', '2026-08', '2026-09'];
const TABLES: FactTables = {
  org_units: [{ unit_id: 'C1', level: 'city', name: '样例市' }],
  customers: [
    {
      ...{ customer_id: 'ANNE', kind: 'person', name: '样例王', gender: 'f', birth_date: '1980-10-20' },
      ...{ vip_level: 'gold' },
      ...{ address: '样例路9号', ethnicity: '汉', employer: '样例公司', occupation: '教师', district: '和平区' },
      ...{ ...unit, group_id: 'FIRM' },
    },
    { customer_id: 'FIRM', kind: 'group', name: '样例集团', group_type: 'school', ...unit },
    { customer_id: 'BEN', kind: 'person', name: '样例本', source_system: 'CRM', id_document_no: 'X-2', ...unit },
    { customer_id: 'FAR', kind: 'person', name: '样例远', id_document_no: 'X-2', ...elsewhere },
  ],
  accounts: [
    { account_id: 'A', customer_id: 'ANNE', mode: 'postpaid', means: 'bank', ...unit },
    { account_id: 'B', customer_id: 'BEN', mode: 'prepaid', ...unit },
    { account_id: 'F', customer_id: 'FAR', mode: 'prepaid', ...elsewhere },
  ],
  account_payments: [
    { account_id: 'F', subscription_id: 'T', valid_from: '2026-01-01', is_primary: true },
    { account_id: 'A', subscription_id: 'T', valid_from: '2026-03-01', is_primary: false },
  ],
  subscriptions: [
    {
      ...{ subscription_id: 'S', customer_id: 'ANNE', account_id: 'A', service: 'mobile', status: 'active' },
      ...{ brand: '全球通', activated_on: '2026-01-01', entry_channel: 'hall', ...unit },
    },
    {
      ...{ subscription_id: 'T', customer_id: 'BEN', account_id: 'B', service: 'mobile', status: 'active', ...unit },
      ...{ entry_channel: 'H-17', entry_channel_type: 'agent', source_system: 'BOSS' },
    },
    { subscription_id: 'U', customer_id: 'BEN', account_id: 'B', service: 'mobile', status: 'active', ...elsewhere },
    { subscription_id: 'V', customer_id: 'FAR', account_id: 'F', service: 'mobile', status: 'active', ...elsewhere },
  ],
  account_months: months.map((month, at) => {
    return { account_id: 'A', month, balance: 5000 + at, arrears: at === 2 ? 100 : 0, points: 7 };
  }),
  // The second number is held twice from March on; the third one changed hands on a day.
  number_history: [
    { msisdn: '19900000001', subscription_id: 'S', valid_from: '2026-01-01', how: 'new', ...unit },
    { msisdn: '19900000002', subscription_id: 'T', valid_from: '2026-01-01', how: 'new', ...unit },
    { msisdn: '19900000002', subscription_id: 'V', valid_from: '2026-03-01', how: 'recycled', ...elsewhere },
    {
      msisdn: '19900000003',
      subscription_id: 'T',
      valid_from: '2025-01-01',
      valid_to: '2026-01-01',
      how: 'new',
      ...unit,
    },
    { msisdn: '19900000003', subscription_id: 'V', valid_from: '2026-01-01', how: 'recycled', ...elsewhere },
  ],
  status_history: [
    { subscription_id: 'S', status: 'active', valid_from: '2026-01-01', valid_to: '2026-08-10', ...unit },
    { subscription_id: 'S', status: 'suspended', valid_from: '2026-08-10', valid_to: '2026-08-20', ...unit },
    { subscription_id: 'S', status: 'active', valid_from: '2026-08-20', ...unit },
  ],
  handset_use: [
    { subscription_id: 'S', tac: '99000101', first_seen_on: '2026-01-01', last_seen_on: '2026-09-05', ...unit },
    { subscription_id: 'S', tac: '99000102', first_seen_on: '2026-09-05', bundled: true, ...unit },
  ],
  handset_models: [
    { tac: '99000101', brand: '样例', model: 'X1', capabilities: 'volte', launched_on: '2019-09-01' },
    { tac: '99000102', brand: '样例', model: 'X3', capabilities: '5g;wifi', launched_on: '2021-09-01' },
  ],
  contacts: [
    {
      ...{ contact_id: 'K1', subscription_id: 'S', at: '2026-09-10T10:00:00+08:00', kind: 'complaint' },
      ...{ category: 'billing', channel: 'hotline', resolved_at: '2026-09-20T10:00:00+08:00' },
      ...{ satisfaction: 2, text: '样例投诉', ...unit },
    },
  ],
  household_members: [{ household_id: 'H1', subscription_id: 'S', role: 'head', valid_from: '2026-01-01', ...unit }],
  products: [{ product_id: 'V1', name: '彩铃', category: 'ringback', launched_on: '2012-01-01' }],
  product_orders: [{ subscription_id: 'S', product_id: 'V1', ordered_on: '2026-02-01' }],
  product_usage: [
    { subscription_id: 'S', product_id: 'V1', month: '2026-02', uses: 4, successes: 2, fee: 400 },
    { subscription_id: 'S', product_id: 'V1', month: '2026-09', uses: 3, successes: 0, fee: 500 },
  ],
  billing: months.map((month, at) => {
    return { subscription_id: 'S', month, arpu: 10_000 + at, voice_fee: 100 * at, vas_fee: 500, sms_fee: 10 };
  }),
  value_groups: months.map((month) => {
    const of = { subscription_id: 'S', month, mean_arpu: 10_001, in_cohort: true, value_lost: month === '2026-08' };
    const group = month === '2026-08' ? 'quasi_mid_high_end' : 'mid_high_end';
    return { ...of, value_group: group, definitions: 'midHighEnd=2;valueLost=1' };
  }),
  usage: [
    // Multimedia messages were sent half a year ago, and never since.
    { subscription_id: 'S', month: '2026-03', voice_out_count: 1, data_mb: 0, mms_count: 2 },
    ...months.map((month, at) => ({
      ...{ subscription_id: 'S', month, voice_out_count: 10 + at, voice_in_count: 5, sms_out_on_net: at },
      ...{ sms_out_off_net: 1, data_mb: 7.5, service_calls: 1, mms_count: 0 },
    })),
    { subscription_id: 'T', month: '2026-09', voice_out_count: 0, mms_count: 3, data_mb: 0 },
  ],
};
const ID = customerId('demo', 'ANNE');

describe('the 360 view', () => {
  const profile = new TestProfile('2026-10-05T02:00:00Z');
  const { facts, views, customers } = profile;

  beforeAll(() => profile.loadExtract(1, '2026-10-02T03:00:00+08:00', TABLES));

  afterEach(() => {
    facts.without.clear();
    facts.silent.clear();
  });

  const ask = (call = reader, asOf?: string, include: string[] = []): Promise<View360> =>
    views.getView360(call, { id: ID, asOf: asOf === undefined ? undefined : new Date(asOf), include });
  const groupsOf = (view: View360): FieldGroup[] => [
    ...view.groups,
    ...view.subscriptions.flatMap(({ groups }) => groups),
  ];
  const bare = ({ value }: Field): unknown => value && new Map<string, unknown>(Object.entries(value)).get(value.$case);
  const fieldsOf = (view: View360, group: string): Field[] =>
    groupsOf(view)
      .filter(({ key }) => key === group)
      .flatMap(({ fields }) => fields);
  const valuesOf = (view: View360, group: string): Record<string, unknown> =>
    Object.fromEntries(fieldsOf(view, group).map((one) => [one.key, bare(one)]));

  it.each([
    ['basic', 27],
    ['activity', 26],
    ['fees', 15],
    ['calls', 34],
    ['sms', 9],
  ])('has all fields of the group %s, named in both languages', async (group, count) => {
    const fields = fieldsOf(await ask(), group);
    expect(fields).toHaveLength(count);
    expect(new Set(fields.map(({ key }) => key)).size).toBe(count);
    for (const { labelEn, labelZhCn } of fields) {
      expect(labelEn).toMatch(/^[\x20-\x7e]+$/);
      expect(labelZhCn).toMatch(/\p{Script=Han}/u);
    }
  });

  it('has the present knowledge for now', async () => {
    const view = await ask(named);
    expect(view).toMatchObject({
      customerId: ID,
      month: '2026-09',
      extractId: 'extract-1',
      kind: 'person',
      orgUnitPath: 'demo/C1/',
    });
    expect(view.subscriptions).toMatchObject([
      {
        ...{ subscriptionId: subscriptionId('demo', 'S'), accountId: accountId('demo', 'A') },
        ...{ service: 'mobile', status: 'active' },
      },
    ]);
    expect(valuesOf(view, 'basic')).toMatchObject({
      ...{ user_name: '样例王', age: 45, is_key_customer: true, brand: '全球通', payment_means: 'bank' },
      ...{ number: '19900000001', group_name: '样例集团', group_code: customerId('demo', 'FIRM') },
      ...{ is_new_in_month: false },
      ...{ is_group_customer: true, group_type: 'school', entry_kind: 'hall', entry_channel: 'hall' },
      ...{ is_mid_high_end: true },
    });
    expect(valuesOf(view, 'activity')).toMatchObject({
      ...{ handset_model: 'X3', is_new_handset: true, can_data: true, can_wlan: true, can_wap: false },
      ...{ is_caller: true, is_without_use: false, is_in_arrears: true, points: 7, has_ringback: true },
      ...{ has_news: false },
    });
    expect(valuesOf(view, 'contacts')).toMatchObject({
      ...{ complaints_3_months: 1, last_category: 'billing', last_satisfaction: '2' },
    });
    expect(valuesOf(view, 'vas')).toMatchObject({
      'V1.ordered_on': '2026-02-01',
      'V1.uses': 3,
      'V1.fee': { minor: 500 },
    });
    expect(valuesOf(view, 'vas')).toMatchObject({ 'V1.has_succeeded': true });
    expect(valuesOf(view, 'handset')).toMatchObject({
      tac: '99000102',
      is_bundled: true,
      has_used_data: true,
      has_used_mms: true,
    });
    expect(valuesOf(view, 'activity')).toMatchObject({ uses_mms: false });
    expect(valuesOf(view, 'relations')).toMatchObject({
      ...{ is_in_family_plan: true, household_role: 'head', is_group: false, is_group_member: true },
    });
    expect(valuesOf(view, 'tags')).toMatchObject({ city: '样例市' });
    const firmId = customerId('demo', 'FIRM');
    expect(view.relations).toMatchObject([{ customerId: firmId, kind: 'belonging', direction: 'to' }]);
    const firm = await views.getView360(named, { id: firmId, asOf: undefined, include: ['relations'] });
    expect(firm.relations).toMatchObject([{ customerId: ID, kind: 'belonging', role: 'member', direction: 'from' }]);
  });

  it('gives money in three lags and over three months', async () => {
    const money = (minor: number) => ({ minor, currency: 'CNY' });
    expect(valuesOf(await ask(), 'fees')).toMatchObject({
      ...{ arpu_month: money(10_002), arpu_last_month: money(10_001), arpu_month_before_last: money(10_000) },
      ...{ arpu_3_months: money(30_003), voice_fee_last_month: money(100), arrears: money(100), balance: money(5_002) },
    });
    expect(valuesOf(await ask(), 'sms')).toMatchObject({ sms_sent_month: 3, sms_sent_3_months: 6 });
    expect(valuesOf(await ask(), 'calls')).toMatchObject({ voice_out_count: 12, complaints: 1, service_calls: 1 });
  });

  const of = (key: string, asOf?: string, call = named): Promise<View360> =>
    views.getView360(call, {
      id: customerId('demo', key),
      asOf: asOf === undefined ? undefined : new Date(asOf),
      include: [],
    });

  it('distinguishes a group customer, its members and others', async () => {
    const firm = await of('FIRM');
    const name = { group_code: customerId('demo', 'FIRM'), group_name: '样例集团', group_type: 'school' };
    expect(valuesOf(firm, 'basic')).toMatchObject({ is_group_customer: true, ...name });
    expect(valuesOf(firm, 'relations')).toMatchObject({ is_group: true, is_group_member: false });
    const ben = await of('BEN');
    expect(valuesOf(ben, 'basic')).toMatchObject({
      is_group_customer: false,
      group_code: undefined,
      group_name: undefined,
    });
    expect(valuesOf(ben, 'relations')).toMatchObject({ is_group: false, is_group_member: false });
    const early = await of('ANNE', '2026-09-14T12:00:00+08:00');
    expect(valuesOf(early, 'basic')['is_group_customer']).toBeUndefined();
  });

  it('names the source system of a row where the extract does, else the cause', async () => {
    expect(fieldsOf(await ask(), 'basic').find(({ key }) => key === 'source_system')).toMatchObject({
      value: undefined,
      unavailable: 'not available: the extract names no source system (column source_system)',
    });
    const ben = await of('BEN');
    const systemIn = (groups: FieldGroup[], group: string): unknown =>
      groups
        .find(({ key }) => key === group)
        ?.fields.filter(({ key }) => key === 'source_system')
        .map(bare)[0];
    expect(systemIn(ben.groups, 'basic')).toBe('CRM');
    const [first] = ben.subscriptions.filter(({ subscriptionId: id }) => id === subscriptionId('demo', 'T'));
    expect(systemIn(first!.groups, 'activity')).toBe('BOSS');
    expect(first!.groups[0]!.fields.find(({ key }) => key === 'entry_kind')!.value).toMatchObject({ text: 'agent' });
    expect(first!.payerAccountId).toBe(accountId('demo', 'F'));
  });

  it('has the value group of the last closed month at that time, and the versions of its definitions', async () => {
    const view = await ask();
    expect(valuesOf(view, 'basic')['is_mid_high_end']).toBe(true);
    expect(valuesOf(view, 'tags')).toMatchObject({
      ...{ value_group: 'mid_high_end', in_cohort: true, is_value_lost: false },
      value_definitions: 'midHighEnd=2;valueLost=1',
    });
    const earlier = await ask(named, '2026-09-20T12:00:00+08:00');
    expect(valuesOf(earlier, 'basic')['is_mid_high_end']).toBe(false);
    expect(valuesOf(earlier, 'tags')).toMatchObject({ value_group: 'quasi_mid_high_end', is_value_lost: true });
    const of20th = facts.asked.filter(({ table }) => table === 'value_groups').at(-1)!;
    const asOf20th = { knowledgeTime: new Date('2026-09-20T04:00:00Z'), beforeWithdrawals: true };
    expect(of20th).toMatchObject({ fromMonth: '2026-08', toMonth: '2026-08', ...asOf20th });
    facts.without.add('billing');
    expect(fieldsOf(await ask(), 'basic').find(({ key }) => key === 'is_mid_high_end')).toMatchObject({
      value: undefined,
      unavailable: 'not available: needs table billing',
    });
  });

  describe('a number that two subscriptions hold at a time', () => {
    const noticeOf = async (key: string, asOf?: string, call = named): Promise<string[]> => {
      const { subscriptions } = await of(key, asOf, call);
      const fields = subscriptions.flatMap(({ groups }) => groups).flatMap((group) => group.fields);
      const notices = fields.filter(({ key: name, notice }) => name === 'number' && notice !== '');
      return [...new Set(notices.map(({ notice }) => notice))];
    };
    const contested = 'more than one subscription holds this number at this time';

    it('is marked on both, while they hold it', async () => {
      expect(await noticeOf('BEN')).toEqual([contested]);
      expect(await noticeOf('FAR')).toEqual([contested]);
      expect(await noticeOf('BEN', '2026-03-06T23:59:59+08:00')).toEqual([]);
      expect(await noticeOf('BEN', '2026-03-07T00:00:00+08:00')).toEqual([contested]);
      expect(await noticeOf('ANNE')).toEqual([]);
      const masked = await of('BEN', undefined, reader);
      expect(JSON.stringify(masked)).not.toContain('19900000002');
      const chinese: Call = { ...reader, caller: { ...reader.caller, language: 'zh-CN' } };
      expect(await noticeOf('BEN', undefined, chinese)).toEqual(['同一时间有多个用户持有该号码']);
    });

    it('names no single customer', async () => {
      const resolving = (value: string, call = reader, asOf?: string, kind = 'number') =>
        customers.resolveCustomer(call, { kind, value, asOf: asOf === undefined ? undefined : new Date(asOf) });
      const ambiguous = { kind: 'conflict', key: 'identifier.ambiguous' };
      const both = [customerId('demo', 'BEN'), customerId('demo', 'FAR')].sort().join(', ');
      const message = `At that time 2 customers have this identifier; those within your region: ${both}. A key can be given with its table.`;
      await expect(resolving('19900000002')).rejects.toMatchObject({ ...ambiguous, message });
      await expect(resolving('X-2', reader, undefined, 'document')).rejects.toMatchObject(ambiguous);
      const city = callOf({ scopes: ['profile:read'], orgScope: ['demo/C1/'] });
      await expect(resolving('19900000002', city)).rejects.toMatchObject({
        message: `At that time 2 customers have this identifier; those within your region: ${customerId('demo', 'BEN')}. A key can be given with its table.`,
      });
      const stranger = callOf({ scopes: ['profile:read'], orgScope: ['demo/C3/'] });
      await expect(resolving('19900000002', stranger)).rejects.toMatchObject({ kind: 'notFound' });
      const asOf = '2026-02-01T12:00:00+08:00';
      expect(await resolving('19900000002', reader, asOf)).toMatchObject({ customerId: customerId('demo', 'BEN') });
      // A number that changed hands on a day is the new holder's on that day.
      const onTheDay = await resolving('19900000003', reader, '2026-01-01T12:00:00+08:00');
      expect(onTheDay.customerId).toBe(customerId('demo', 'FAR'));
    });
  });

  it('masks what is personal from who may not see it', async () => {
    const view = await ask(reader);
    const values = valuesOf(view, 'basic');
    expect(values).toMatchObject({ user_name: '样**', number: '199******01', birthday: '***', address: '***' });
    expect(
      fieldsOf(view, 'basic')
        .filter(({ masked }) => masked)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['address', 'age', 'birthday', 'employer', 'ethnicity', 'group_name', 'number', 'user_name']);
    expect(JSON.stringify(view)).not.toMatch(/样例王|19900000001|样例路|样例集团|1980-10-20|样例投诉/);
    expect(fieldsOf(await ask(named), 'basic').some(({ masked }) => masked)).toBe(false);
  });

  it('reveals no birthday by the age on consecutive days', async () => {
    const ageOn = async (call: Call, day: string) =>
      valuesOf(await ask(call, `${day}T12:00:00+08:00`, ['basic']), 'basic')['age'];
    const [eve, birthday, newYear] = ['2026-10-19', '2026-10-20', '2027-01-01'];
    expect([await ageOn(named, eve), await ageOn(named, birthday), await ageOn(named, newYear)]).toEqual([45, 46, 46]);
    expect([await ageOn(reader, eve), await ageOn(reader, birthday), await ageOn(reader, newYear)]).toEqual([
      46, 46, 47,
    ]);
  });

  it.each([
    ['before the suspension was known', '2026-08-15T23:59:00+08:00', 'active'],
    ['once it was known', '2026-08-16T00:00:00+08:00', 'suspended'],
    ['after it, its end not being known', '2026-08-25T23:59:00+08:00', 'suspended'],
    ['once its end was known', '2026-08-26T00:00:00+08:00', 'active'],
  ])('gives the status %s', async (_case, asOf, status) => {
    expect((await ask(reader, asOf)).subscriptions[0]!.status).toBe(status);
  });

  it('has for a past date only the knowledge of that time, and refuses tables without a history', async () => {
    const view = await ask(named, '2026-09-14T12:00:00+08:00');
    expect(view.month).toBe('2026-08');
    const basic = fieldsOf(view, 'basic');
    const of = (key: string) => basic.find((field) => field.key === key);
    expect(of('number')).toMatchObject({ value: { $case: 'text', text: '19900000001' }, unavailable: '' });
    expect(of('brand')).toMatchObject({
      value: undefined,
      unavailable: 'not available: subscriptions is known from 2026-10-02 on only',
    });
    expect(view.groups.find(({ key }) => key === 'basic')!.fields).toEqual([]);
    expect(valuesOf(view, 'fees')).toMatchObject({ arpu_month: { minor: 10_001 }, balance: { minor: 5_001 } });
    // The complaint of the 10th is known from the 16th on; its outcome came later.
    expect(valuesOf(view, 'contacts')).toMatchObject({ complaints_3_months: 0, last_satisfaction: undefined });
    expect(valuesOf(await ask(named, '2026-09-20T12:00:00+08:00'), 'contacts')).toMatchObject({
      complaints_3_months: 1,
      last_satisfaction: undefined,
    });
    const asked = facts.asked
      .filter(({ table, knowledgeTime }) => table === 'billing' && knowledgeTime !== undefined)
      .at(-1)!;
    expect(asked).toMatchObject({ toMonth: '2026-08', knowledgeTime: new Date('2026-09-20T04:00:00Z') });
  });

  it('answers the rest when a table is missing, or feature-store is down', async () => {
    facts.without.add('usage');
    expect(fieldsOf(await ask(), 'sms').find(({ key }) => key === 'sms_sent_month')).toMatchObject({
      value: undefined,
      unavailable: 'not available: needs table usage',
    });
    expect(valuesOf(await ask(), 'fees')).toMatchObject({ arpu_month: { minor: 10_002 } });
    facts.silent.add('billing').add('usage');
    const down = groupsOf(await ask(reader));
    expect(down.find(({ key }) => key === 'sms')).toMatchObject({
      fields: [],
      unavailable: 'not available: feature-store does not answer',
    });
    expect(down.find(({ key }) => key === 'basic')!.unavailable).toBe('');
  });

  it('has only the requested groups, and refuses unknown ones', async () => {
    expect(new Set(groupsOf(await ask(reader, undefined, ['fees'])).map(({ key }) => key))).toEqual(new Set(['fees']));
    await expect(ask(reader, undefined, ['fee'])).rejects.toMatchObject({ kind: 'invalid', key: 'view.groupUnknown' });
  });

  it('is not there for who may not see the customer', async () => {
    await expect(ask(callOf({ scopes: [] }))).rejects.toMatchObject({ kind: 'forbidden' });
    const elsewhere = callOf({ scopes: ['profile:read'], orgScope: ['demo/C2/'] });
    await expect(ask(elsewhere)).rejects.toMatchObject({ kind: 'notFound' });
    await expect(views.listTimeline(elsewhere, { customerId: ID, pageSize: 0, pageToken: '' })).rejects.toMatchObject({
      kind: 'notFound',
    });
  });
});
