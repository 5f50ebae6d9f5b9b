import { exampleOf } from './kinds.js';
import { contractTable } from './table.js';
import { CONTRACT_TABLES, contractTableOf, openColumns, personalColumns } from './tables.js';

test('each table comes after the tables that it refers to', () => {
  const names = CONTRACT_TABLES.map(({ name }) => name);
  const early = CONTRACT_TABLES.flatMap(({ name, columns }) =>
    columns.flatMap(({ refersTo }) =>
      refersTo === undefined || names.slice(0, names.indexOf(name)).includes(refersTo)
        ? []
        : [`${name} before ${refersTo}`],
    ),
  );
  expect(early).toEqual([]);
  expect(names.indexOf('billing')).toBeGreaterThan(names.indexOf('subscriptions'));
});

test('there are 43 tables, and each but events has a key', () => {
  expect(CONTRACT_TABLES).toHaveLength(43);
  expect(CONTRACT_TABLES.filter(({ key }) => key.length === 0).map(({ name }) => name)).toEqual(['events']);
  for (const { key } of CONTRACT_TABLES) expect(key.every(({ name }) => name !== 'recorded_at')).toBe(true);
});

test('identifying columns are never open', () => {
  const personal = CONTRACT_TABLES.flatMap((table) =>
    personalColumns(table).map(({ name }) => `${table.name}.${name}`),
  );
  expect(personal).toEqual(
    expect.arrayContaining([
      'customers.name',
      'customers.address',
      'customers.contact_phone',
      'customers.id_document_no',
      'customers.birth_date',
      'number_history.msisdn',
      'address_observations.address',
      'verified_fields.value',
      'contacts.text',
      'order_steps.address',
      'potential_users.home_address',
    ]),
  );
  const open = CONTRACT_TABLES.flatMap((table) => openColumns(table).map(({ name }) => name));
  for (const name of [
    'name_of_customer',
    'msisdn',
    'contact_phone',
    'address',
    'home_address',
    'id_document_no',
    'text',
  ]) {
    expect(open).not.toContain(name);
  }
});

test.each([
  ['billing', 'subscription', 'subscription_id'],
  ['accounts', 'customer', 'customer_id'],
  ['account_months', 'account', 'account_id'],
  ['account_payments', 'subscription', 'subscription_id'],
  ['assignments', 'subscription', 'subscription_id'],
  ['customer_links', 'customer', 'from_customer_id'],
  ['plans', 'none', ''],
])('%s is about %s', (name, about, column) => {
  expect(contractTableOf(name)).toMatchObject({ about, aboutColumn: column });
});

test('columns that depend on an end name the column of the end', () => {
  const endings = contractTableOf('contacts')!.columns.filter(({ endsWith }) => endsWith !== undefined);
  expect(endings.map(({ name, endsWith }) => [name, endsWith])).toEqual([
    ['resolved_at', 'resolved_at'],
    ['satisfaction', 'resolved_at'],
  ]);
});

test('each table and each of its columns has a meaning, and an example', () => {
  for (const table of CONTRACT_TABLES) {
    expect([table.name, table.meaning, table.grain]).not.toContain('');
    for (const column of table.columns) {
      expect([column.name, column.meaning]).not.toContain('');
      expect(exampleOf(column)).not.toBe('');
    }
  }
});

test('a line with a meaning has one column, a line without may have several', () => {
  const { columns } = contractTable('t', { kind: 'snapshot' }, [
    'a list *: kinds, and more, e.g. x;y',
    'b id, c money',
  ]);
  expect(columns.map(({ name, meaning, example }) => [name, meaning, example]).slice(0, 3)).toEqual([
    ['a', 'kinds, and more', 'x;y'],
    ['b', '', undefined],
    ['c', '', undefined],
  ]);
});

test('a malformed line and an unknown kind are refused', () => {
  expect(() => contractTable('t', { kind: 'snapshot' }, ['a money * key extra'])).toThrow('Not a column');
  expect(() => contractTable('t', { kind: 'snapshot' }, ['a gold'])).toThrow('Not a column');
});
