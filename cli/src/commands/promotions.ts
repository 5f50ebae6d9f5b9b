import type { Championship, Promotion } from '@holdfast/client/gen/operations';
import type { RequestOf, ResponseOf } from '@holdfast/client/rest-client';
import type { Command } from 'commander';
import { percentText, tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example } from './options.js';

type RunDrift = ResponseOf<'GET /api/v1/churn-runs/{runId}/drift'>;
type Kind = RequestOf<'PUT /api/v1/models/{kind}/champion'>['kind'];

const MODEL = '80dd706f-29d1-5b5c-8d14-6f1b0f3c2e55';
const PROMOTION = '01936a41-2d10-7a01-9b11-4d3a2f5b8c90';

const DECISIONS = {
  approve: 'approve it, as another person than the one who requested it: the model scores from now on',
  reject: 'reject it, as another person than the one who requested it',
  cancel: 'take it back',
} as const;

/** promote, promotions, promotion approve|reject|cancel, rollback, champions, card, drift */
export const promotionCommands: CommandGroup = (program, context) => {
  program
    .command('promote')
    .description('request that a model becomes the champion; another person approves it')
    .argument('<model>', 'id of the model')
    .option('--comment <text>', 'why; kept')
    .option('--override <text>', 'why it is to score although the promotion rule does not accept it; kept')
    .addHelpText('after', example(`promote ${MODEL} --comment "better in the last month"`))
    .action(async (modelId: string, { comment: reason, override }: { comment?: string; override?: string }) => {
      const { client, show } = context();
      const { kind } = await client.call('GET /api/v1/models/{modelId}', { modelId });
      const request = { kind: kind as Kind, body: { modelId, reason, overrideReason: override } };
      await show(client.call('PUT /api/v1/models/{kind}/champion', request), (promotion) =>
        promotionLines([promotion]),
      );
    });

  program
    .command('promotions')
    .description('the requests to promote a model, newest first')
    .option('--table <name>', 'only of this table')
    .option('--state <state>', 'requested, approved, rejected or cancelled')
    .addHelpText('after', example('promotions --state requested'))
    .action(async (options: RequestOf<'GET /api/v1/promotions'>) => {
      const { client, show } = context();
      const { promotions } = await client.call('GET /api/v1/promotions', options);
      await show(promotions, promotionLines);
    });

  const promotion = program.command('promotion').description('decide about a request to promote a model');
  for (const [verb, description] of Object.entries(DECISIONS) as [keyof typeof DECISIONS, string][]) {
    promotion
      .command(verb)
      .description(description)
      .argument('<promotion>', 'id of the request')
      .option('--comment <text>', 'why; kept')
      .addHelpText('after', example(`promotion ${verb} ${PROMOTION} --comment "as discussed"`))
      .action(async (promotionId: string, { comment }: { comment?: string }) => {
        const { client, show } = context();
        const decided = client.call(`POST /api/v1/promotions/{promotionId}:${verb}`, {
          promotionId,
          body: { comment },
        });
        await show(decided, (one) => promotionLines([one]));
      });
  }

  program
    .command('rollback')
    .description('replace the champion by the one before it, at once')
    .argument('<model>', 'id of the champion that is to score no more')
    .requiredOption('--comment <text>', 'why; kept')
    .addHelpText('after', example(`rollback ${MODEL} --comment "probabilities of 0 in a whole city"`))
    .action(async (modelId: string, { comment: reason }: { comment: string }) => {
      const { client, show } = context();
      const answer = client.call('POST /api/v1/models/{modelId}:rollback', { modelId, body: { reason } });
      await show(answer, ({ championship }) => championLines([championship!]));
    });

  program
    .command('champions')
    .description('which model was live when, and who decided it')
    .argument('[table]', 'only of this table')
    .option('--kind <kind>', 'status, involuntary or value', 'status')
    .option('--at <time>', 'only those live at this time, such as 2026-11-05T00:00:00+08:00')
    .addHelpText('after', example('champions subscriber-months --at 2026-11-05T00:00:00+08:00'))
    .action(async (table: string | undefined, { kind, at }: { kind: Kind; at?: string }) => {
      const { client, show } = context();
      const { championships } = await client.call('GET /api/v1/models/{kind}/champion/history', { kind, table, at });
      await show(championships, championLines);
    });

  program
    .command('card')
    .description(
      'the card of a model as a page: goal, data, method, figures, deployment and limits; with --json as JSON',
    )
    .argument('<model>', 'id of the model')
    .addHelpText('after', example(`card ${MODEL} > card.html`))
    .action(async (modelId: string, _: unknown, command: Command) => {
      const { client, show, copy } = context();
      const name = 'GET /api/v1/models/{modelId}/card';
      if (command.optsWithGlobals<{ json?: boolean }>().json === true)
        await show(client.call(name, { modelId }), () => []);
      else await copy(client.stream(name, { modelId, format: 'html' }));
    });

  program
    .command('drift')
    .description('how far inputs and scores of a run have moved from the training of its model')
    .argument('<table>', 'name, such as subscriber-months')
    .option('--run <run>', 'id of the run; default: the newest')
    .option('--kind <kind>', 'status, involuntary or value', 'status')
    .addHelpText('after', example('drift subscriber-months'))
    .action(async (table: string, { run: runId = 'latest', kind }: { run?: string; kind: Kind }) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/churn-runs/{runId}/drift', { runId, table, kind }), driftLines);
    });
};

function driftLines({ rows, month, scores, columns }: RunDrift): string[] {
  const all = [{ ...scores!, column: 'scores' }, ...columns];
  return [
    `${rows} rows${month === null ? '' : ` of ${month}`}`,
    ...tableLines(all, {
      column: 'column',
      index: ({ index }) => index.toFixed(3),
      usual: ({ usualIndex }) => usualIndex.toFixed(3),
      level: 'level',
      missing: ({ missingShare }) => percentText(missingShare),
      'at training': ({ referenceMissingShare }) => percentText(referenceMissingShare),
    }),
  ];
}

function promotionLines(promotions: readonly Promotion[]): string[] {
  const table = tableLines(promotions, {
    request: 'promotionId',
    state: 'state',
    model: 'modelId',
    kind: 'kind',
    table: 'table',
    'requested by': 'requestedBy',
    'decided by': 'decidedBy',
    override: 'overrideReason',
  });
  return [
    ...table,
    ...promotions.flatMap(({ verdict }) => (promotions.length === 1 ? [`note: ${verdict!.message}`] : [])),
  ];
}

function championLines(championships: readonly Championship[]): string[] {
  return tableLines(championships, {
    model: 'modelId',
    table: 'table',
    from: 'from',
    to: 'to',
    how: 'how',
    by: 'by',
    'approved by': 'approvedBy',
    'AUC gained': ({ comparison }) => comparison?.difference?.mean.toFixed(4),
    'precision gained': ({ comparison }) => precisionGained(comparison),
    reason: 'reason',
  });
}

function precisionGained(comparison: Championship['comparison']): string | null {
  const { precisionAtCapacity: own = null, championPrecisionAtCapacity: others = null } = comparison ?? {};
  return own === null || others === null ? null : (own - others).toFixed(4);
}
