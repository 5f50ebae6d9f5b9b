import type { DeadLetter } from '@holdfast/client/gen/operations';
import type { RequestOf } from '@holdfast/client/rest-client';
import { tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example } from './options.js';

type Service = RequestOf<'GET /api/v1/dead-letters/{service}'>['service'];

/** dead-letters list, dead-letters replay, dead-letters discard */
export const deadLetterCommands: CommandGroup = (program, context) => {
  const deadLetters = program.command('dead-letters').description('events that a service could not handle');

  deadLetters
    .command('list')
    .description('the dead letters of a service, newest first')
    .argument('<service>', 'such as campaign')
    .addHelpText('after', example('dead-letters list campaign'))
    .action(async (service: Service) => {
      const { client, show } = context();
      const found = await client.all('GET /api/v1/dead-letters/{service}', 'deadLetters', { service });
      await show(found, lines);
    });

  deadLetters
    .command('replay')
    .description('hand an event to its consumer once more')
    .argument('<service>', 'such as campaign')
    .argument('<dead-letter>', 'its id')
    .addHelpText('after', example('dead-letters replay campaign 01a2295b-4400-78be-b142-068ea5718037'))
    .action(async (service: Service, deadLetterId: string) => {
      const { client, show } = context();
      const at = 'POST /api/v1/dead-letters/{service}/{deadLetterId}:replay';
      await show(client.call(at, { service, deadLetterId }), (letter) => lines([letter]));
    });

  deadLetters
    .command('discard')
    .description('remove a dead letter: its event is never handled')
    .argument('<service>', 'such as campaign')
    .argument('<dead-letter>', 'its id')
    .addHelpText('after', example('dead-letters discard campaign 01a2295b-4400-78be-b142-068ea5718037'))
    .action(async (service: Service, deadLetterId: string) => {
      const { client, show } = context();
      const at = 'DELETE /api/v1/dead-letters/{service}/{deadLetterId}';
      await show(client.call(at, { service, deadLetterId }), (letter) => lines([letter]));
    });
};

function lines(letters: readonly DeadLetter[]): string[] {
  return tableLines(letters, {
    'dead letter': 'deadLetterId',
    consumer: 'consumer',
    about: 'subjectId',
    failed: 'failedAt',
    why: ({ failureCode, error }) => `${failureCode} (${error})`,
  });
}
