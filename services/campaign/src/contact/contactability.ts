import { Inject, Injectable } from '@nestjs/common';
import {
  ConsentServiceDefinition,
  type ConsentService,
  type ContactFacts,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { sees, systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { asFailure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { log } from '@holdfast/platform/log';
import { readHistory, type Query } from './contact-history.js';
import { historyDays } from './frequency.js';
import { decideContact, type ContactPolicy, type Verdict } from './gate.js';
import { ContactPolicies } from './policy.js';

/** Limit of a check; customer-profile has the same. */
export const SUBSCRIPTIONS_PER_REQUEST_MAX = 500;

export interface ContactCheck {
  /** At most SUBSCRIPTIONS_PER_REQUEST_MAX. */
  subscriptionIds: readonly string[];
  purpose: string;
  channel: string;
  /** Time of the contact for frequency and quiet hours; consent and suppressions are current. */
  at: Date;
}

interface ContactRecheck extends Pick<ContactCheck, 'channel' | 'at'>, Pick<ContactVerdicts, 'policy' | 'factsAt'> {
  facts: ContactFacts;
}

/** The gate's verdict on a subscription, with the facts that a lease needs. */
export interface ContactVerdict {
  verdict: Verdict;
  /** Undefined if the verdict is `unknown` or `unavailable`. */
  facts?: ContactFacts;
}

/** The verdicts of one check, and the policy they are based on. */
export interface ContactVerdicts {
  policy: ContactPolicy;
  /** Time of the request to customer-profile. */
  factsAt: Date;
  of(subscriptionId: string): ContactVerdict;
}

/** Gathers the input of the gate and applies it. */
@Injectable()
export class Contactability {
  private readonly log = log('contactability');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly policies: ContactPolicies,
    @Inject(ConsentServiceDefinition.fullName) private readonly consents: Rpc<ConsentService>,
  ) {}

  /** Verdicts for all requested subscriptions. Without facts, no contact is allowed. */
  async check(call: Call, contact: ContactCheck): Promise<ContactVerdicts> {
    const policy = await this.policies.inForce(contact.at);
    const factsAt = this.clock.now();
    const facts = await this.factsOf(call, contact);
    if (facts === undefined) {
      const verdict = decideContact({ kind: 'unavailable' }, policy, contact.at);
      return { policy, factsAt, of: () => ({ verdict }) };
    }
    const historyOf = await readHistory((sql, params) => this.database.query(sql, params, 'contact-history'), {
      people: [...facts.values()],
      channel: contact.channel,
      at: contact.at,
      factsAt,
      days: historyDays(policy),
      householdDays: policy.householdMinDays,
    });
    const verdictOf = (subscriptionId: string): ContactVerdict => {
      const ownFacts = facts.get(subscriptionId);
      if (ownFacts === undefined) return { verdict: decideContact({ kind: 'unknown' }, policy, contact.at) };
      const history = historyOf(subscriptionId);
      const verdict = decideContact({ kind: 'facts', facts: ownFacts, history }, policy, contact.at);
      return { verdict, facts: ownFacts };
    };
    return { policy, factsAt, of: verdictOf };
  }

  /**
   * Repeats the check with the current history inside the transaction that inserts a lease. The policy is a parameter:
   * reading it here would need a second connection.
   */
  async recheck(tx: Transaction, contact: ContactRecheck): Promise<Verdict> {
    const { facts, factsAt, channel, at, policy } = contact;
    const query: Query = (sql, params) => rowsOf(tx, sql, params);
    const historyOf = await readHistory(query, {
      people: [facts],
      channel,
      at,
      factsAt,
      days: historyDays(policy),
      householdDays: policy.householdMinDays,
    });
    return decideContact({ kind: 'facts', facts, history: historyOf(facts.subscriptionId) }, policy, at);
  }

  /**
   * Called as this service, since agents have no scope for customer-profile; rows outside the caller's region are
   * filtered here. Undefined if customer-profile fails.
   */
  private async factsOf(call: Call, contact: ContactCheck): Promise<Map<string, ContactFacts> | undefined> {
    try {
      const { facts } = await this.consents.getContactFacts(
        { ...call, caller: systemCaller('campaign') },
        { subscriptionIds: [...contact.subscriptionIds], purpose: contact.purpose, channel: contact.channel },
      );
      const visible = facts.filter(({ orgUnitPath }) => sees(call.caller, orgUnitPath));
      return new Map(visible.map((fact) => [fact.subscriptionId, fact]));
    } catch (thrown) {
      this.log.warn({ err: asFailure(thrown) }, 'contact facts unavailable: no contact is allowed');
      return undefined;
    }
  }
}
