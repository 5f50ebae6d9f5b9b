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

/** Most subscriptions that the gate is asked about at once; customer-profile answers no more. */
export const SUBSCRIPTIONS_PER_QUESTION_MAX = 500;

export interface ContactQuestion {
  /** At most SUBSCRIPTIONS_PER_QUESTION_MAX. */
  subscriptionIds: readonly string[];
  purpose: string;
  channel: string;
  /** Consent and suppressions are those of now; frequency and quiet hours those of this moment. */
  at: Date;
}

/** The gate's answer about a subscription, with the facts that a lease needs. */
export interface Answer {
  verdict: Verdict;
  /** Undefined where the verdict is `unknown` or `unavailable`. */
  facts?: ContactFacts;
}

/** The gate's answers to one question, and the policy they came from. */
export interface Answers {
  policy: ContactPolicy;
  /** When customer-profile was asked. */
  factsAt: Date;
  of(subscriptionId: string): Answer;
}

/** Gathers what the gate must know, and asks it. */
@Injectable()
export class Contactability {
  private readonly log = log('contactability');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly policies: ContactPolicies,
    @Inject(ConsentServiceDefinition.fullName) private readonly consents: Rpc<ConsentService>,
  ) {}

  /** Answers for every subscription asked about. Without the facts, for whatever cause, nobody may be approached. */
  async ask(call: Call, question: ContactQuestion): Promise<Answers> {
    const policy = await this.policies.inForce(question.at);
    const factsAt = this.clock.now();
    const facts = await this.factsOf(call, question);
    if (facts === undefined) {
      const verdict = decideContact({ known: 'unavailable' }, policy, question.at);
      return { policy, factsAt, of: () => ({ verdict }) };
    }
    const historyOf = await readHistory((sql, params) => this.database.query(sql, params, 'contact-history'), {
      people: [...facts.values()],
      channel: question.channel,
      at: question.at,
      factsAt,
      days: historyDays(policy),
      householdDays: policy.householdMinDays,
    });
    const answerOf = (subscriptionId: string): Answer => {
      const known = facts.get(subscriptionId);
      if (known === undefined) return { verdict: decideContact({ known: 'no' }, policy, question.at) };
      const history = historyOf(subscriptionId);
      return { verdict: decideContact({ known: 'yes', facts: known, history }, policy, question.at), facts: known };
    };
    return { policy, factsAt, of: answerOf };
  }

  /**
   * Asks the gate again with what this service has written meanwhile, inside the transaction that reserves somebody.
   * The policy is handed over: reading it here could take a second connection while holding one.
   */
  async askAgain(
    tx: Transaction,
    asked: { facts: ContactFacts; factsAt: Date; channel: string; at: Date; policy: ContactPolicy },
  ): Promise<Verdict> {
    const { facts, factsAt, channel, at, policy } = asked;
    const query: Query = (sql, params) => rowsOf(tx, sql, params);
    const historyOf = await readHistory(query, {
      people: [facts],
      channel,
      at,
      factsAt,
      days: historyDays(policy),
      householdDays: policy.householdMinDays,
    });
    return decideContact({ known: 'yes', facts, history: historyOf(facts.subscriptionId) }, policy, at);
  }

  /**
   * Asked as this service, since the scopes of agents do not open customer-profile; what the caller may not see is left
   * out here. Undefined if customer-profile gives no answer.
   */
  private async factsOf(call: Call, question: ContactQuestion): Promise<Map<string, ContactFacts> | undefined> {
    try {
      const { facts } = await this.consents.getContactFacts(
        { ...call, caller: systemCaller('campaign') },
        { subscriptionIds: [...question.subscriptionIds], purpose: question.purpose, channel: question.channel },
      );
      const visible = facts.filter(({ orgUnitPath }) => sees(call.caller, orgUnitPath));
      return new Map(visible.map((fact) => [fact.subscriptionId, fact]));
    } catch (thrown) {
      this.log.warn({ err: asFailure(thrown) }, 'contact facts unavailable: nobody may be approached');
      return undefined;
    }
  }
}
