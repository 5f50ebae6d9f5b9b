import type { Parameter } from '@holdfast/client/gen/operations';
import type { RequestOf } from '@holdfast/client/rest-client';
import { tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example } from './options.js';

type Service = RequestOf<'GET /api/v1/parameters/{service}'>['service'];

/** parameters get, parameters set */
export const parameterCommands: CommandGroup = (program, context) => {
  const parameters = program.command('parameters').description('settings of the services, effective from a day on');

  parameters
    .command('get')
    .description('one parameter, or all of a service')
    .argument('<service>', 'such as campaign')
    .argument('[key]', 'name; default: all')
    .addHelpText('after', example('parameters get campaign'))
    .action(async (service: Service, key: string | undefined) => {
      const { client, show } = context();
      if (key === undefined) {
        const { parameters: all } = await client.call('GET /api/v1/parameters/{service}', { service });
        await show(all, parameterLines);
      } else {
        const parameter = client.call('GET /api/v1/parameters/{service}/{key}', { service, key });
        await show(parameter, (found) => parameterLines([found]));
      }
    });

  parameters
    .command('set')
    .description('set a parameter from now on, or from a moment in the future')
    .argument('<service>', 'such as campaign')
    .argument('<key>', 'name')
    .argument('<value>', 'JSON; what is none is taken as text')
    .option('--from <instant>', 'RFC 3339 with zone')
    .addHelpText('after', example('parameters set campaign retry.hours 24'))
    .action(async (service: Service, key: string, value: string, { from }: { from?: string }) => {
      const { client, show } = context();
      const body = { value: jsonOrText(value), validFrom: from };
      const parameter = client.call('PUT /api/v1/parameters/{service}/{key}', { service, key, body });
      await show(parameter, (found) => parameterLines([found]));
    });
};

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function parameterLines(parameters: readonly Parameter[]): string[] {
  return tableLines(parameters, {
    key: 'key',
    value: ({ value }) => JSON.stringify(value),
    default: ({ default: usual }) => JSON.stringify(usual),
    meaning: 'description',
  });
}
