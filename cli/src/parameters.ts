import type { Parameter } from './answers.js';
import type { CommandGroup } from './command.js';
import { tableLines } from './terminal.js';

/** parameters get, parameters set */
export const parameterCommands: CommandGroup = (program, context) => {
  const parameters = program.command('parameters').description('settings of the services, effective from a day on');

  parameters
    .command('get')
    .description('one parameter, or all of a service')
    .argument('<service>')
    .argument('[key]')
    .action(async (service: string, key: string | undefined) => {
      const { client, terminal } = context();
      const at = `/api/v1/parameters/${service}`;
      const found =
        key === undefined
          ? (await client.get<{ parameters: Parameter[] }>(at)).parameters
          : [await client.get<Parameter>(`${at}/${key}`)];
      terminal.show(key === undefined ? found : found[0], () => parameterLines(found));
    });

  parameters
    .command('set')
    .description('set a parameter from now on, or from a moment in the future')
    .argument('<service>')
    .argument('<key>')
    .argument('<value>', 'JSON; what is none is taken as text')
    .option('--from <instant>', 'RFC 3339 with zone')
    .action(async (service: string, key: string, value: string, options: { from?: string }) => {
      const { client, terminal } = context();
      const parameter = await client.put<Parameter>(`/api/v1/parameters/${service}/${key}`, {
        value: jsonOrText(value),
        ...(options.from === undefined ? {} : { validFrom: options.from }),
      });
      terminal.show(parameter, () => parameterLines([parameter]));
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
  return tableLines(
    ['key', 'value', 'default', 'meaning'],
    parameters.map((one) => [one.key, JSON.stringify(one.value), JSON.stringify(one.default), one.description]),
  );
}
