import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import {
  FactServiceDefinition,
  type FactService,
  type ReadFactsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { CONFIG } from '@holdfast/platform/service';
import type { PlatformConfig } from '@holdfast/platform/config';
import { factsRequest, readIfAvailable } from '@holdfast/platform/facts';
import { Calls } from './calls.js';
import { Kinship } from './kinship.js';
import { maskOf, monthDaysOf, type DayMask, type MonthDays } from './month-days.js';
import { PresenceReader, type Presence } from './presence.js';
import { withoutTooShared, type LinesMax, type TooShared } from './shared-things.js';
import { readSubjects, type Subjects } from './subjects.js';

const noEvidence = failure('precondition', 'household.noEvidence', {
  en: 'There is nothing yet that households of {month} could be recognised from: import an extract first.',
  'zh-CN': '尚无可用于识别 {month} 家庭的数据，请先导入数据。',
});

/** Subscriptions and their evidence apart from cells. */
export interface People {
  /** Without what too many share. */
  subjects: Subjects;
  kinship: Kinship;
  tooShared: TooShared;
  /** Of the subscriptions in their order and of what binds them: pairs go by number. */
  hash: string;
}

/** Everything that happened in the month. */
export interface Month {
  month: MonthDays;
  presence: Presence;
  calls: Calls;
  holidays: DayMask;
  holidayCount: number;
  /** Lines whose calls are not evidence because they have too many contacts. */
  busyLines: number;
}

/** Of which extract, and how widely a thing may be shared. */
interface PeopleAsked {
  month: string;
  sequence: number;
  linesMax: LinesMax;
}

/** Reads the evidence of a month from its owners. What an operator does not hand over is named, and the rest still works. */
@Injectable()
export class Gathering {
  constructor(
    @Inject(View360ServiceDefinition.fullName) private readonly profiles: Rpc<View360Service>,
    @Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /** @param unavailable missing tables are added to it @throws precondition without subscriptions; unavailable before the profiles are imported */
  async people(call: Call, { month, sequence, linesMax }: PeopleAsked, unavailable: Set<string>): Promise<People> {
    const evidence = this.profiles.readHouseholdEvidence(call, { knowledgeTime: undefined, sequence });
    const everything = await readSubjects(evidence, `${this.config.operator}/`);
    if (everything.ids.count === 0) throw noEvidence({ month });
    const { subjects, tooShared } = withoutTooShared(everything, linesMax);
    const kinship = new Kinship(subjects, linesMax.link);
    const { firstDay, dayCount } = monthDaysOf(month);
    const lastDay = firstDay + dayCount - 1;
    await this.eachFact(call, { table: 'customer_links', columns: ['role', 'valid_to'] }, unavailable, (batch) =>
      kinship.addLinks(batch, lastDay),
    );
    await this.eachFact(call, { table: 'household_members', columns: ['role'] }, unavailable, (batch) =>
      kinship.addMembers(batch),
    );
    tooShared.link = (tooShared.link ?? 0) + kinship.tooShared;
    return { subjects, kinship, tooShared, hash: hashOf(subjects) };
  }

  /** @param contactMax calls of a line with more contacts are not evidence */
  async month(
    call: Call,
    { month, contactMax }: { month: string; contactMax: number },
    { subjects }: People,
    unavailable: Set<string>,
  ): Promise<Month> {
    const days = monthDaysOf(month);
    const reader = new PresenceReader(subjects.ids, days);
    await this.orElse('events', unavailable, async () => {
      for await (const batch of this.facts.readPresence(call, { month, knowledgeTime: undefined })) reader.add(batch);
    });
    const calls = new Calls(subjects.ids);
    const callsOfMonth = {
      table: 'events',
      columns: ['subscription_id', 'peer_subscription_id'],
      fromMonth: month,
      toMonth: month,
      kinds: ['voice_out'],
    };
    await this.eachFact(call, callsOfMonth, unavailable, (batch) => calls.add(batch));
    const busyLines = calls.forgetBusy(contactMax);
    const holidays: number[] = [];
    await this.eachFact(call, { table: 'holidays', columns: ['kind'] }, unavailable, (batch) => {
      const dates = readNumbers(batch, 'date');
      readCategoryTexts(batch, 'kind').forEach((kind, row) => kind === 'holiday' && holidays.push(dates[row]!));
    });
    const ofMonth = new Set(holidays.filter((day) => day >= days.firstDay && day < days.firstDay + days.dayCount));
    const mask = maskOf(days, ofMonth);
    return { month: days, presence: reader.finish(), calls, holidays: mask, holidayCount: ofMonth.size, busyLines };
  }

  private eachFact(
    call: Call,
    { table, ...narrowed }: Partial<ReadFactsRequest> & { table: string },
    unavailable: Set<string>,
    take: (batch: ColumnBatch) => void,
  ): Promise<void> {
    return this.orElse(table, unavailable, async () => {
      for await (const batch of this.facts.readFacts(call, factsRequest(table, narrowed))) {
        if (batch.rows > 0) take(batch);
      }
    });
  }

  /** A missing table does not fail the run. */
  private async orElse(table: string, unavailable: Set<string>, read: () => Promise<void>): Promise<void> {
    if (!(await readIfAvailable(read))) unavailable.add(`not available: needs table ${table}`);
  }
}

function hashOf({ ids, customer, user, account, payer, address, building, known, linkHead }: Subjects): string {
  const hash = createHash('sha256').update(ids.bytes);
  for (const codes of [customer, user, account, payer, address, building, known, linkHead])
    hash.update(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength));
  return hash.digest('hex');
}
