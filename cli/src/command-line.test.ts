import { Command, type Command as CommandType } from 'commander';
import { programFor } from './command-line.js';
import { Context } from './commands/command.js';
import { GROUPS } from './commands/groups.js';

const version = '1.2.3';

function leavesOf(command: CommandType, path: string[] = []): { path: string[]; command: CommandType }[] {
  const inner = command.commands.map((one) => leavesOf(one, [...path, one.name()])).flat();
  return inner.length > 0 ? inner : [{ path, command }];
}

function helpOf(command: CommandType): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** Words of a command line, as a shell separates them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

let program: CommandType;
beforeAll(async () => {
  program = await programFor(['--help'], { version });
});

test('the groups name the commands that they add', async () => {
  for (const { commands, load } of GROUPS) {
    const alone = new Command();
    (await load())(alone, () => new Context(undefined as never, undefined as never));
    expect(alone.commands.map((one) => one.name()).sort()).toEqual([...commands].sort());
  }
});

test.each([
  [
    ['lease', 'queue-1'],
    ['queues', 'queue', 'lease', 'script', 'disposition', 'help'],
  ],
  [
    ['help', 'audit'],
    ['audit', 'help'],
  ],
])('%j loads only its group', async (words, commands) => {
  const some = await programFor(words, { version });
  expect(
    some
      .createHelp()
      .visibleCommands(some)
      .map((one) => one.name()),
  ).toEqual(commands);
});

test.each([[[]], [['--help', 'lease']], [['laese']], [['help']]])('%j loads all commands', async (words) => {
  expect((await programFor(words, { version })).commands).toHaveLength(program.commands.length);
});

test('every command has a description, and an example that fits it', () => {
  const faults = leavesOf(program).flatMap(({ path, command }) => {
    const name = path.join(' ');
    const undescribed = [...command.registeredArguments, ...command.options].filter((one) => one.description === '');
    const [, line] = /\nExample:\n {2}holdfast (.+)\n/.exec(helpOf(command)) ?? [];
    return [
      ...(command.description() === '' ? [`${name} has no description`] : []),
      ...undescribed.map((one) => `${name}: ${one.name()} has no description`),
      ...(line === undefined ? [`${name} has no example`] : exampleFaults(name, wordsOf(line))),
    ];
  });
  expect(faults).toEqual([]);
});

/** Why an example could not be run; empty if it could. */
function exampleFaults(name: string, words: string[]): string[] {
  let command = program;
  let { operands, unknown } = command.parseOptions(words);
  while (command.commands.length > 0) {
    const inner = command.commands.find((one) => one.name() === operands[0]);
    // The package has no reader for it.
    const usual = (command as unknown as { _defaultCommandName: string | null })._defaultCommandName;
    const next = inner ?? command.commands.find((one) => one.name() === usual);
    if (next === undefined) return [`${name}: the example has the unknown command ${operands[0]}`];
    command = next;
    ({ operands, unknown } = command.parseOptions([...operands.slice(inner === undefined ? 0 : 1), ...unknown]));
  }
  const required = command.registeredArguments.filter((one) => one.required).length;
  return [
    ...(name.endsWith(command.name()) ? [] : [`${name}: the example is of ${command.name()}`]),
    ...unknown.map((word) => `${name}: the example has the unknown option ${word}`),
    ...(operands.length < required ? [`${name}: the example lacks an argument`] : []),
  ];
}
