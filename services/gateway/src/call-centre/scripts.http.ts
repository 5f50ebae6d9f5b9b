import { Script as ScriptMessage } from '@holdfast/contracts/campaign/v1/script';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { answerOf, sources } from '../operation/answer.js';
import { matches } from '../operation/etag.js';
import { Answer, operationsOf } from '../operation/operation.js';
import { Channel, Id, Instant } from '../operation/wire.js';

const operation = operationsOf('call-centre');

/** What a figure comes from. */
const ORIGINS = ['model', 'table', 'parameter', 'profile', 'plan', 'run', 'campaign'] as const;

const Script = z
  .strictObject({
    subscriptionId: Id,
    language: z.enum(['zh-CN', 'en']),
    revision: z.string(),
    composedAt: Instant.nullable(),
    sections: z.array(
      z.strictObject({
        key: z.string(),
        title: z.string(),
        lines: z.array(
          z.strictObject({
            text: z.string(),
            value: z.union([z.number(), z.string(), z.boolean()]).nullable().describe('The figure in the text'),
            source: z
              .strictObject({
                service: z.string(),
                origin: z.enum(ORIGINS),
                name: z.string(),
                version: z.string(),
                column: z.string().nullable(),
                asOf: Instant.nullable(),
              })
              .nullable()
              .describe('Where the figure comes from'),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Script' })
  .register(sources, { without: ['text'] });
const scriptJson = answerOf(Script, ScriptMessage);

const readScript = operation('GET /api/v1/scripts/current', {
  summary: 'The words for the agent',
  description:
    'By lease or by subscription; as JSON, or as plain text. Has an ETag; with If-None-Match it answers 304. 422 ' +
    '`lease.channelNotApproved` for a channel for which the campaign was not approved.',
  scope: 'script:read',
  raises: ['script.whose', 'script.unknown', 'lease.unknown', 'lease.gone', 'lease.channelNotApproved'],
  query: z.strictObject({
    lease: Id.optional(),
    subscription: Id.optional().describe('Its item in the newest queue'),
    channel: Channel.optional().describe('Default: the channel of the lease, or the approved one of the campaign'),
    format: z.enum(['json', 'text']).default('json'),
    lang: z.enum(['zh-CN', 'en']).optional().describe('Wins over Accept-Language'),
  }),
  response: Script,
  etag: true,
  formats: ['application/json', 'text/plain'],
  async handle({ call, query, request, services }) {
    if ((query.lease === undefined) === (query.subscription === undefined)) throw oneOfLeaseAndSubscription();
    const script = await services.scripts.getScript(call, {
      of:
        query.lease === undefined
          ? { $case: 'subscriptionId', subscriptionId: query.subscription! }
          : { $case: 'leaseId', leaseId: query.lease },
      channel: query.channel ?? '',
      language: query.lang ?? call.caller.language,
    });
    const etag = `"${script.revision}-${script.language}-${query.format}"`;
    const headers = {
      etag,
      'cache-control': 'private, no-cache',
      'content-language': script.language,
      vary: 'Accept-Language',
    };
    if (matches(request.headers['if-none-match'], etag)) return new Answer(undefined, { status: 304, headers });
    if (query.format === 'text') return new Answer(script.text, { contentType: 'text/plain; charset=utf-8', headers });
    return new Answer(scriptJson(script, call.caller.language), { headers });
  },
  example: {
    query: { lease: '01936a44-5a10-7f51-8e41-7a6d5b8e1f77', lang: 'en' },
    response: {
      subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
      language: 'en',
      revision: '0c9a71e2',
      composedAt: '2026-11-03T02:10:00.000Z',
      sections: [
        {
          key: 'churnTendency',
          title: 'Tendency to leave',
          lines: [
            {
              text: 'High: 71 % within the period the model was trained for.',
              value: 0.71,
              source: {
                service: 'churn-scoring',
                origin: 'model',
                name: 'demo-01936a41',
                version: '4be1f0c2d9a80317',
                column: null,
                asOf: null,
              },
            },
          ],
        },
      ],
    },
  },
});

const oneOfLeaseAndSubscription = failure('invalid', 'script.whose', {
  en: 'Name either lease or subscription.',
  'zh-CN': '请指定 lease 或 subscription 其中之一。',
});

/** The current script; one hop and no copy of it here, since an agent waits for it. */
export const scriptOperations = [readScript];
