import { Injectable } from '@nestjs/common';
import { ConsentChanged, type Consent, type PutConsentRequest } from '@holdfast/contracts/customer_profile/v1/consent';
import { type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import { changeCustomer, requireCustomer } from '../customer/change-customer.js';
import type { CustomerProfileParameters } from '../parameters.js';
import { defaultConsent, effectiveConsent, type ChannelDecision } from './effective-consent.js';
import { PURPOSES } from '@holdfast/platform/terms';
import { ANY, CHANNELS, termOf } from './terms.js';

const consentChanged = eventOf('customer-profile', ConsentChanged);

const EVIDENCE_CHARS_MAX = 200;

const evidenceMissing = failure('unprocessable', 'consent.evidenceMissing', {
  en: 'A consent that is granted needs a reference to its evidence.',
  'zh-CN': '登记同意时必须提供证据编号。',
});
const evidenceTooLong = failure('unprocessable', 'consent.evidenceTooLong', {
  en: 'The evidence is a reference of at most {max} characters.',
  'zh-CN': '证据应为编号，最长 {max} 个字符。',
});

@Injectable()
export class Consents {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly parameters: Parameters<CustomerProfileParameters>,
  ) {}

  /**
   * The decision in force per purpose and channel, and the default of each purpose without a general one.
   * @throws notFound
   */
  async of(caller: Caller, customerId: string): Promise<Consent[]> {
    await requireCustomer(this.database, caller, customerId);
    const sql = `select distinct on (purpose, channel, basis, granted) purpose, channel, granted, basis, evidence,
        decided_at as "decidedAt", sequence::float8
      from consent_decision where customer_id = $1 and (not granted or decided_at <= $2) and withdrawn_at is null
      order by purpose, channel, basis, granted, decided_at desc, sequence desc`;
    const rows = await this.database.query<Omit<LatestDecision, 'isOwn'>>(sql, [customerId, this.clock.now()]);
    const decided = this.inForce(rows).map(({ purpose, channel, granted, basis, evidence, decidedAt }) => ({
      ...{ customerId, purpose, channel, granted, basis, evidence, since: decidedAt },
    }));
    const marketingDefault = await this.parameters.get('consent.marketingDefault');
    const isDecided = (purpose: string): boolean =>
      decided.some((decision) => decision.purpose === purpose && decision.channel === ANY);
    const defaults = PURPOSES.filter((purpose) => !isDecided(purpose)).map((purpose) => ({
      ...{ customerId, purpose, channel: ANY, evidence: '', since: undefined },
      ...defaultConsent(purpose, marketingDefault),
    }));
    return [...decided, ...defaults];
  }

  /** Of each purpose and channel, the decision that holds among those about it. */
  private inForce(rows: readonly Omit<LatestDecision, 'isOwn'>[]): LatestDecision[] {
    const about = new Map<string, LatestDecision[]>();
    for (const row of rows) {
      const key = `${row.purpose} ${row.channel}`;
      about.set(key, [...(about.get(key) ?? []), { ...row, isOwn: true }]);
    }
    return [...about.values()].flatMap((decisions) => {
      const holds = effectiveConsent(decisions, { granted: false, basis: 'default' }, this.clock.now());
      return 'decidedAt' in holds ? [holds] : [];
    });
  }

  /**
   * Records a decision. A refusal needs no evidence.
   * @throws notFound, invalid, unprocessable
   */
  put(caller: Caller, request: PutConsentRequest): Promise<Consent> {
    const purpose = termOf('purpose', PURPOSES, request.purpose);
    const channel = termOf('channel', CHANNELS, request.channel);
    const { customerId, granted } = request;
    const evidence = request.evidence.trim();
    if (granted && evidence === '') throw evidenceMissing();
    if (evidence.length > EVIDENCE_CHARS_MAX) throw evidenceTooLong({ max: EVIDENCE_CHARS_MAX });
    return this.database.transaction(async (tx) => {
      const { orgUnitPath, version } = await changeCustomer(tx, caller, customerId);
      const since = this.clock.now();
      await insertRow(tx, 'consent_decision', {
        ...{ customer_id: customerId, purpose, channel, granted, basis: 'stated', evidence, decided_at: since },
        ...{ recorded_by: caller.client, on_behalf_of: caller.onBehalfOf, org_unit_path: orgUnitPath },
      });
      const about = { subjectId: customerId, orgUnitPath, version };
      await this.outbox.publish(tx, consentChanged, about, { customerId, purpose, channel, granted });
      return { customerId, purpose, channel, granted, basis: 'stated', evidence, since };
    });
  }
}

interface LatestDecision extends ChannelDecision {
  purpose: string;
  channel: string;
  basis: string;
  evidence: string;
}
