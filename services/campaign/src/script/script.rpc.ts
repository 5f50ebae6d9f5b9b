import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { GetScriptRequest, Script, ScriptSection, ScriptService } from '@holdfast/contracts/campaign/v1/script';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure, type Language } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { uuidOrNull } from '@holdfast/platform/identity';
import { requireChannel } from '../contact/channel.js';
import { channelOf } from '../plan/running.js';
import { heldBy, holderOf } from '../work/lease-holder.js';
import { FORMATS } from './formats.js';
import { plainText } from './plain-text.js';
import { FACT_COLUMNS, scriptFacts, type ScriptFacts } from './script-facts.js';
import { scriptSections } from './sections.js';
import { WORDS } from './words.js';
import { scoped } from '@holdfast/platform/scoped';

const scriptUnknown = failure('notFound', 'script.unknown', {
  en: 'There is no such script.',
  'zh-CN': '没有此话术。',
});
const languageUnknown = failure('invalid', 'script.languageUnknown', {
  en: 'The language of a script is zh-CN or en.',
  'zh-CN': '话术语言只有 zh-CN 和 en。',
});

/** The newest queue of a subscription; without queues of ended campaigns. */
const BY_SUBSCRIPTION = `
  select ${FACT_COLUMNS}
  from work_item i join list_build b on b.id = i.list_build_id join queue q on q.list_build_id = i.list_build_id
    left join campaign c on c.id = b.campaign_id
  where i.subscription_id = $1 and i.org_unit_path ^@ any($2::text[])
    and (c.id is null or c.state in ('running', 'paused'))
  order by b.run_published_at desc, b.run_id desc, b.built_at desc limit 1`;

const BY_LEASE = `
  select ${FACT_COLUMNS}, l.channel as leased_for
  from lease l
  join work_item i on i.subscription_id = l.subscription_id and i.list_build_id = l.list_build_id
  join list_build b on b.id = i.list_build_id
  left join campaign c on c.id = b.campaign_id
  where l.id = $1 and l.org_unit_path ^@ any($2::text[]) and ${heldBy('l', '$3', '$4')}`;

/**
 * Scripts. The list build stores their facts, so that a read is a single prepared statement. The text is composed at the
 * read (0.15 ms of CPU): stored texts of two languages and three kinds of channels would need 30 kB per row.
 */
@Injectable()
export class ScriptRpc {
  constructor(private readonly database: Database) {}

  readonly handlers: Rpc<ScriptService> = {
    getScript: scoped('script:read', async (call, request) => {
      const language = request.language === '' ? call.caller.language : request.language;
      if (!isLanguage(language)) throw languageUnknown();
      if (request.channel !== '') requireChannel(request.channel);
      const { facts, leasedFor } = await this.find(call, request);
      return composeScript(facts, channelOf(facts.campaign, request.channel, leasedFor), language);
    }),
  };

  private async find(call: Call, { of }: GetScriptRequest) {
    const id = of === undefined ? '' : of.$case === 'leaseId' ? of.leaseId : of.subscriptionId;
    const isLease = of?.$case === 'leaseId';
    const params = [uuidOrNull(id), orgUnitFilter(call.caller)];
    const [row] = await this.database.query<{ leased_for?: string }>(
      isLease ? BY_LEASE : BY_SUBSCRIPTION,
      isLease ? [...params, ...holderOf(call.caller)] : params,
      isLease ? 'script-by-lease' : 'script-by-subscription',
    );
    if (row === undefined) throw scriptUnknown();
    return { facts: scriptFacts(row), leasedFor: row.leased_for ?? undefined };
  }
}

/** Pure: the same facts give the same script. */
export function composeScript(facts: ScriptFacts, channel: string, language: Language): Script {
  const sections = scriptSections(facts, channel, language);
  const text = plainText(sections, WORDS[language], FORMATS[language]);
  return {
    subscriptionId: facts.subscriptionId,
    language,
    revision: revisionOf(facts, sections, text),
    sections,
    text,
    composedAt: facts.builtAt,
  };
}

/** A hash of the run, the text and its figures; another wording is another revision. */
function revisionOf({ runId }: ScriptFacts, sections: readonly ScriptSection[], text: string): string {
  const figures = sections.flatMap(({ lines }) => lines.map((line) => line.valueJson));
  return createHash('sha256')
    .update(`${runId}\n${text}${figures.join('\n')}`)
    .digest('hex')
    .slice(0, 16);
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(WORDS, text);
}
