import type { Shadow } from '@holdfast/client/gen/operations';
import type { CommandGroup } from './command.js';
import { tableLines } from '../output/text.js';
import { example } from './options.js';

const MODEL = '80dd706f-29d1-5b5c-8d14-6f1b0f3c2e55';

/** shadow start|stop|show */
export const shadowCommands: CommandGroup = (program, context) => {
  const shadow = program.command('shadow').description('models that score the rows of the champion without being used');
  shadow
    .command('start')
    .description('put a model in shadow of the champion, from the next run on')
    .argument('<model>', 'id of the model')
    .option('--comment <text>', 'why; kept')
    .addHelpText('after', example(`shadow start ${MODEL} --comment "an imported model"`))
    .action(async (modelId: string, { comment: reason }: { comment?: string }) => {
      const { client, show } = context();
      const started = client.call('POST /api/v1/models/{modelId}/shadow', { modelId, body: { reason } });
      await show(started, (one) => shadowLines([one]));
    });
  shadow
    .command('stop')
    .description('end the shadow of a model; its figures stay')
    .argument('<model>', 'id of the model')
    .addHelpText('after', example(`shadow stop ${MODEL}`))
    .action(async (modelId: string) => {
      const { client, show } = context();
      await show(client.call('DELETE /api/v1/models/{modelId}/shadow', { modelId }), (one) => shadowLines([one]));
    });
  shadow
    .command('show')
    .description('when a model was in shadow, how its scores differed from those of the champion, and which was better')
    .argument('<model>', 'id of the model')
    .addHelpText('after', example(`shadow show ${MODEL}`))
    .action(async (modelId: string) => {
      const { client, show } = context();
      const { shadows } = await client.call('GET /api/v1/models/{modelId}/shadow', { modelId });
      await show(shadows, shadowLines);
    });
};

export function shadowLines(shadows: readonly Shadow[]): string[] {
  return shadows.flatMap(({ runs, ...span }) => [
    ...tableLines([span], {
      ...{ model: 'modelId', table: 'table', kind: 'kind', from: 'startedAt', to: 'endedAt', ended: 'endedHow' },
      ...{ by: 'startedBy', reason: 'reason' },
    }),
    ...(runs.length === 0
      ? []
      : tableLines(runs, {
          month: 'month',
          rows: ({ figures }) => figures?.rows,
          'rank correlation': ({ figures }) => figures?.rankCorrelation?.toFixed(3),
          overlap: ({ figures }) => figures?.overlap.toFixed(3),
          'at risk': ({ figures }) => figures?.atRisk,
          'by the champion': ({ figures }) => figures?.championAtRisk,
          AUC: ({ outcome }) => outcome?.comparison?.auc.toFixed(3),
          'of the champion': ({ outcome }) => outcome?.comparison?.championAuc.toFixed(3),
        })),
  ]);
}
