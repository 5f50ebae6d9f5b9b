import { effectiveConsent, type ChannelDecision, type EffectiveConsent } from './effective-consent.js';

/** Suppressions that follow contact numbers: the rest are about the customer, not about being called. */
const FOLLOWS_NUMBERS = ['request', 'legal'];
/** Maximum number of lines that are read for a subscription without its own number. */
const LINES_MAX = 100;

const IN_FORCE = '(n.valid_from is null or n.valid_from <= $5) and (n.valid_to is null or n.valid_to > $5)';
const SUPPRESSED = `($4 = 'any' or s.channel in ($4, 'any')) and s.valid_from <= $5
  and (s.valid_to is null or s.valid_to > $5)`;

/**
 * Whether an objection could follow the person: by a key, or by a number through which the channel reaches a row that
 * has none. A row of an older version belongs to no known person.
 */
const IDENTIFIED = `(row_of_table is null or (
    row_of_version = (select version from key_space where table_name = row_of_table order by loaded_at desc limit 1)
    and $6 and exists (select from contact_number n where n.customer_id = subscription.customer_id and ${IN_FORCE})))`;

/**
 * $1 subscriptions, $2 region, $3 purpose, $4 channel, $5 now, $6 whether the channel reaches a number. A subscription
 * is reached through its line's numbers and its customer's own; where there are none, through the customer's other
 * lines. Of all holders of these numbers, only those with a refusal are read: a switchboard may
 * be the number of thousands.
 */
export const CONTACT_FACTS = `
  with requested as materialized (
    select subscription_id, customer_id, org_unit_path, withdrawn_at is null and ${IDENTIFIED} as identified
    from subscription
    where subscription_id = any($1::uuid[]) and org_unit_path ^@ any($2::text[])
  ),
  own_number as materialized (
    select a.subscription_id, a.customer_id, n.lookup, n.valid_from
      from requested a join contact_number n on n.subscription_id = a.subscription_id
      where n.source = 'line' and $6 and ${IN_FORCE}
    union
    select a.subscription_id, a.customer_id, n.lookup, n.valid_from
      from requested a join contact_number n on n.customer_id = a.customer_id
      where n.source in ('contact', 'personal', 'key') and $6 and ${IN_FORCE}
  ),
  number as materialized (
    select * from own_number
    union
    select a.subscription_id, a.customer_id, n.lookup, n.valid_from
      from requested a cross join lateral (
        select lookup, valid_from from contact_number n
        where n.customer_id = a.customer_id and n.source = 'line' and ${IN_FORCE} limit ${LINES_MAX}
      ) n
      where $6 and not exists (select from own_number o where o.subscription_id = a.subscription_id)
  ),
  holder as materialized (
    select distinct n.lookup, n.customer_id
    from (select distinct lookup from number) held join contact_number n using (lookup) where ${IN_FORCE}
  ),
  refuser as materialized (
    select distinct h.customer_id from holder h
    where exists (
        select from consent_decision d where d.customer_id = h.customer_id and d.purpose = $3
          and d.channel in ($4, 'any') and not d.granted)
      or exists (
        select from suppression s where s.customer_id = h.customer_id
          and s.reason in (${FOLLOWS_NUMBERS.map((reason) => `'${reason}'`).join(', ')}) and ${SUPPRESSED})
  ),
  person as materialized (select customer_id from requested union select customer_id from refuser)
  select 'subscription' as kind, subscription_id as id, customer_id, org_unit_path as text, null::bytea as lookup,
      null::timestamptz as at, identified as granted, null::boolean as is_own, null::bigint as sequence
    from requested
  union all
  select 'number', n.subscription_id, n.customer_id, null, n.lookup, n.valid_from,
      exists (select from number_suspension u
        where u.customer_id = n.customer_id and u.lookup = n.lookup and u.ended_at is null), null, null
    from number n
  union all
  select distinct 'suspended', null::uuid, u.customer_id, null, null::bytea, null::timestamptz, null::boolean,
      null::boolean, null::bigint
    from number_suspension u join requested a using (customer_id) where u.ended_at is null and $6
  union all
  select 'suppression', null, s.customer_id, s.reason, null, s.valid_from, null, null, null
    from suppression s join person p using (customer_id) where ${SUPPRESSED}
  union all
  select * from (
    select distinct on (d.customer_id, d.channel = 'any', d.basis, d.granted)
      'decision', null::uuid, d.customer_id, d.basis, null::bytea, d.decided_at, d.granted, d.channel = $4, d.sequence
    from person p join consent_decision d using (customer_id)
    where d.purpose = $3 and d.channel in ($4, 'any') and (not d.granted or d.decided_at <= $5) and d.withdrawn_at is null
    order by d.customer_id, d.channel = 'any', d.basis, d.granted, d.decided_at desc, d.sequence desc
  ) latest
  union all
  select 'holder', null, h.customer_id, null, h.lookup, null, null, null, null
    from holder h join refuser r using (customer_id)`;

/** One thing that is known; which fields are set depends on its kind. */
export interface ContactRow {
  kind: 'subscription' | 'number' | 'suspended' | 'suppression' | 'decision' | 'holder';
  id: string;
  customer_id: string;
  /** Path of the unit, reason or basis. */
  text: string;
  lookup: Buffer;
  at: Date | null;
  granted: boolean;
  is_own: boolean;
  sequence: string;
}

interface HeldNumber {
  lookup: Buffer;
  /** Since when the subscription has it; undefined if unknown. */
  since: Date | undefined;
  isSuspended: boolean;
}

/** What is known of subscriptions, their customers, and others with the same contact numbers. */
export class KnownContacts {
  readonly subscriptions: { subscriptionId: string; customerId: string; orgUnitPath: string; identified: boolean }[] =
    [];
  private readonly numbers = new Map<string, HeldNumber[]>();
  private readonly suspended = new Set<string>();
  private readonly suppressions = new Map<string, { reason: string; since: Date }[]>();
  private readonly decisions = new Map<string, ChannelDecision[]>();
  /** By number, those who hold it and refused something. */
  private readonly holders = new Map<string, string[]>();
  private readonly refusedSince = new Map<string, Date | undefined>();

  constructor(
    rows: readonly ContactRow[],
    private readonly byDefault: EffectiveConsent,
    private readonly now: Date,
  ) {
    for (const row of rows) this.add(row);
  }

  consentOf(customerId: string): EffectiveConsent {
    return effectiveConsent(this.decisions.get(customerId) ?? [], this.byDefault, this.now);
  }

  /** Reasons, each once, by name. */
  suppressionsOf(customerId: string): string[] {
    return [...new Set((this.suppressions.get(customerId) ?? []).map(({ reason }) => reason))].sort();
  }

  /** Keyed hashes of the numbers through which it is reached, by value. */
  numbersOf(subscriptionId: string): Buffer[] {
    const lookups = new Map(this.heldBy(subscriptionId).map(({ lookup }) => [lookup.toString('hex'), lookup]));
    return [...lookups.values()].sort((left, right) => Buffer.compare(left, right));
  }

  /**
   * Whether another customer who holds one of its numbers refused, or must not be approached. A refusal from before the
   * number was assigned to this subscription was its former holder's, and stays with that customer.
   */
  isRefusedByNumber(subscriptionId: string, customerId: string): boolean {
    return this.heldBy(subscriptionId).some((number) => this.isRefusedByOther(number, customerId));
  }

  /** Numbers that may be dialled: none that is in doubt or that another holder refused, none of a suppressed customer. */
  usableNumbersOf(subscriptionId: string, customerId: string): Buffer[] {
    if (this.suppressionsOf(customerId).length > 0) return [];
    return this.heldBy(subscriptionId)
      .filter((number) => !number.isSuspended && !this.isRefusedByOther(number, customerId))
      .map(({ lookup }) => lookup);
  }

  private isRefusedByOther({ lookup, since }: HeldNumber, customerId: string): boolean {
    return (this.holders.get(lookup.toString('hex')) ?? []).some((holder) => {
      const refusedAt = holder === customerId ? undefined : this.refusalOf(holder);
      return refusedAt !== undefined && (since === undefined || since <= refusedAt);
    });
  }

  /** Whether another person answered at its numbers, and no number is left that is not in doubt. */
  isUnconfirmed(subscriptionId: string, customerId: string): boolean {
    return this.suspended.has(customerId) && this.heldBy(subscriptionId).every(({ isSuspended }) => isSuspended);
  }

  private heldBy(subscriptionId: string): HeldNumber[] {
    return this.numbers.get(subscriptionId) ?? [];
  }

  /** When a customer refused last; undefined if the customer does not refuse. */
  private refusalOf(customerId: string): Date | undefined {
    if (!this.refusedSince.has(customerId)) this.refusedSince.set(customerId, this.findRefusal(customerId));
    return this.refusedSince.get(customerId);
  }

  private findRefusal(customerId: string): Date | undefined {
    const asked = (this.suppressions.get(customerId) ?? []).filter(({ reason }) => FOLLOWS_NUMBERS.includes(reason));
    const moments = asked.map(({ since }) => since.getTime());
    const consent = effectiveConsent(this.decisions.get(customerId) ?? [], this.byDefault, this.now);
    if ('decidedAt' in consent && !consent.granted) moments.push(consent.decidedAt.getTime());
    return moments.length === 0 ? undefined : new Date(Math.max(...moments));
  }

  private add(row: ContactRow): void {
    const { kind, id, customer_id: customerId, text, lookup, at, granted } = row;
    switch (kind) {
      case 'subscription':
        this.subscriptions.push({ subscriptionId: id, customerId, orgUnitPath: text, identified: granted });
        break;
      case 'number':
        append(this.numbers, id, { lookup, since: at ?? undefined, isSuspended: granted });
        break;
      case 'suspended':
        this.suspended.add(customerId);
        break;
      case 'suppression':
        append(this.suppressions, customerId, { reason: text, since: at! });
        break;
      case 'decision': {
        const decision = { isOwn: row.is_own, granted, basis: text, decidedAt: at!, sequence: Number(row.sequence) };
        append(this.decisions, customerId, decision);
        break;
      }
      case 'holder':
        append(this.holders, lookup.toString('hex'), customerId);
        break;
    }
  }
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
