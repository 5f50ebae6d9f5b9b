import { create } from '../create/create.js';
import { DEFAULT_SETTINGS } from '../create/settings.js';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { testSql } from '../operator.fixture.js';
import { csvSource } from '../table/duckdb.js';

const root = new TemporaryFolder();
const { count, expectNone, run } = testSql();

beforeAll(async () => {
  await create(root.path, {
    ...DEFAULT_SETTINGS,
    subscribers: 1500,
    months: 14,
    eventMonths: 14,
    seed: 6,
    errorShare: 0,
  });
  const csv = (file: string): string => csvSource(root.at(file));
  const extract = ['customers', 'accounts', 'subscriptions', 'account_payments', 'number_history', 'status_history'];
  for (const table of extract) await run(`create table ${table} as from ${csv(`extract/${table}.csv`)}`);
  await run(`create table account_months as from ${csv('extract/account_months/*.csv')}`);
  await run(`create table events as from read_parquet('${root.at('extract/events/*/*.parquet')}')`);
  for (const table of ['households', 'departures', 'firms', 'returns', 'hand_overs', 'recycled_numbers']) {
    await run(`create table truth_${table} as from ${csv(`truth/${table}.csv`)}`);
  }
});

test('every subscription is in the truth, with the hard cases of the other tables', async () => {
  await expectNone('(select subscription_id from subscriptions) except (select subscription_id from truth_households)');
  for (const [table, name] of [
    ['firms', 'colleagues'],
    ['returns', 'cameBack'],
    ['hand_overs', 'handedOver'],
    ['recycled_numbers', 'recycledNumber'],
  ]) {
    const named = `select subscription_id from truth_households where list_contains(split(hard_case, ';'), '${name}')`;
    const inTable = `select subscription_id from truth_${table}`;
    expect(await count(inTable)).toBeGreaterThan(3);
    // after a hand-over the number no longer belongs to the firm of its former user
    const moved = 'select subscription_id from truth_hand_overs';
    await expectNone(`((${inTable}) except (${named})) except (${moved})`);
    await expectNone(`((${named}) except (${inTable})) except (${moved})`);
  }
});

describe('a return', () => {
  test('is the same customer with another subscription, number and account, months after the churn', async () => {
    const both = `select t.*, o.customer_id as was, n.customer_id as "is", o.status as old_status, n.activated_on,
        p.msisdn as old_number, q.msisdn as new_number, q.how
      from truth_returns t join subscriptions o on o.subscription_id = t.churned_subscription_id
      join subscriptions n on n.subscription_id = t.subscription_id
      join number_history p on p.subscription_id = t.churned_subscription_id
      join number_history q on q.subscription_id = t.subscription_id`;
    expect(await count(both)).toBe(await count('from truth_returns'));
    await expectNone(`from (${both}) where was <> "is" or old_status <> 'cancelled' or old_number = new_number or how <> 'new'
           or returned_on <> activated_on or returned_on::date < churned_on::date + 60`);
    await expectNone(`from truth_returns t join status_history s on s.subscription_id = t.churned_subscription_id
         where s.status = 'cancelled' and s.valid_from::date >= t.returned_on::date`);
  });

  test('has the call partners of the churned subscription', async () => {
    // most peers of the last months are peers of the old number, if both have events
    const peers = `select t.subscription_id, count(distinct n.peer_subscription_id) as now,
        count(distinct n.peer_subscription_id) filter (n.peer_subscription_id in (
          select o.peer_subscription_id from events o where o.subscription_id = t.churned_subscription_id)) as again
      from truth_returns t join events n on n.subscription_id = t.subscription_id
      where n.peer_subscription_id is not null and t.churned_subscription_id in (select subscription_id from events)
      group by all`;
    expect(await count(peers)).toBeGreaterThan(0);
    expect(await count(`from (select sum(again) / sum(now) as share from (${peers})) where share > 0.4`)).toBe(1);
  });
});

describe('a number', () => {
  test('is recycled after a quarter at the earliest, for another person, and stays the same peer', async () => {
    const both = `select t.*, o.person_id as old_person, n.person_id as new_person, h.valid_to as old_to,
        r.valid_from as new_from, h.msisdn as old_number, r.msisdn as new_number, r.how
      from truth_recycled_numbers t
      join truth_households o on o.subscription_id = t.former_subscription_id
      join truth_households n on n.subscription_id = t.subscription_id
      join (from number_history qualify row_number() over (partition by subscription_id order by valid_from desc) = 1) h
        on h.subscription_id = t.former_subscription_id
      join number_history r on r.subscription_id = t.subscription_id and r.how = 'recycled'`;
    expect(await count(both)).toBe(await count('from truth_recycled_numbers'));
    await expectNone(`from (${both}) where old_person = new_person or old_number <> new_number or old_number <> msisdn
           or old_to <> freed_on or new_from <> given_on or given_on::date < freed_on::date + 90`);
    const peersOf = `select distinct peer_subscription_id as subscription_id, peer from events
      where peer_subscription_id is not null`;
    await expectNone(`from truth_recycled_numbers t join (${peersOf}) o on o.subscription_id = t.former_subscription_id
         join (${peersOf}) n on n.subscription_id = t.subscription_id where o.peer <> n.peer`);
    await expectNone(`select subscription_id from (${peersOf}) group by 1 having count(*) > 1`);
    await expectNone(`from number_history a join number_history b on a.msisdn = b.msisdn and a.valid_from < b.valid_from
         where a.valid_to is null or a.valid_to > b.valid_from`);
  });

  test('is handed over with its subscription: owner, account and payer change on the day', async () => {
    const handed = `select t.*, s.customer_id, s.account_id, a.customer_id as account_customer, h.person_id, h.household_id
      from truth_hand_overs t join subscriptions s using (subscription_id) join accounts a using (account_id)
      join truth_households h using (subscription_id)`;
    expect(await count(handed)).toBe(await count('from truth_hand_overs'));
    await expectNone(`from (${handed}) where customer_id <> to_person_id or account_customer <> to_person_id
           or person_id <> to_person_id or household_id <> to_household_id or from_household_id = to_household_id`);
    const before = `from truth_hand_overs t join account_payments p using (subscription_id) join accounts a using (account_id)
      where p.valid_from < t.handed_on and p.valid_to = t.handed_on and a.customer_id = t.from_person_id`;
    expect(await count(before)).toBe(await count('from truth_hand_overs'));
    const changed = `from truth_hand_overs t join number_history n using (subscription_id)
      where n.how = 'change' and n.valid_from = t.handed_on`;
    expect(await count(changed)).toBe(await count('from truth_hand_overs'));
  });

  test('has the nights of its new user after a hand-over', async () => {
    const nights = `select e."at" >= t.handed_on::date as is_after, avg((e.cell_id = h.home_cell)::int) as share
      from truth_hand_overs t join truth_households h using (subscription_id) join events e using (subscription_id)
      where e.kind = 'location' and hour(e."at") between 1 and 5 group by 1`;
    expect(await count(`from (${nights}) where is_after and share > 0.6`)).toBe(1);
    expect(await count(`from (${nights}) where not is_after and share < 0.2`)).toBe(1);
  });
});

describe('a group customer', () => {
  test('has a group account that pays for some of its members', async () => {
    const paid = `from truth_firms f join subscriptions s using (subscription_id) join accounts a using (account_id)
      where f.is_paid = 'true'`;
    expect(await count(paid)).toBeGreaterThan(5);
    await expectNone(`${paid} and (a.kind <> 'group' or a.customer_id <> f.customer_id)`);
    await expectNone(`from customers c join truth_firms f on f.person_id = c.customer_id
         where c.group_id is distinct from f.customer_id`);
    await expectNone(`from customers c where c.group_id is not null
           and c.group_id not in (select customer_id from customers where kind = 'group' and name like '孪%公司')`);
    // without arrears, and with each paying month once
    const months = `from account_months m join accounts a using (account_id) where a.kind = 'group'`;
    expect(await count(months)).toBeGreaterThan(30);
    await expectNone(`${months} and m.arrears <> '0.00'`);
    await expectNone('select account_id, month from account_months group by all having count(*) > 1');
  });

  test('has identifiers like those of persons', async () => {
    const kinds = `select kind, quantile_cont(substr(customer_id, 3)::int / power(2, 26), 0.5) as middle
      from customers group by kind`;
    await expectNone(`from (${kinds}) where middle not between 0.2 and 0.8`);
  });
});
