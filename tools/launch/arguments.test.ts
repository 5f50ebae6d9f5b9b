import { readArguments } from './arguments.mjs';

describe('the arguments of npm start', () => {
  it('have defaults', () => {
    expect(readArguments([], {}, '/here')).toEqual({
      once: false,
      quiet: false,
      help: false,
      confirm: false,
      port: 8080,
      language: 'en',
      reportFile: undefined,
      extractFolder: undefined,
      example: false,
      tableFile: undefined,
      mappingFile: undefined,
      asOf: undefined,
    });
  });

  it('name files relative to where the command was given', () => {
    const given = readArguments(['--table', 'a.csv', '--mapping', '../b.yaml', '--report', '/out.json'], {}, '/here/x');
    expect(given).toMatchObject({ tableFile: '/here/x/a.csv', mappingFile: '/here/b.yaml', reportFile: '/out.json' });
  });

  it.each([
    [['--port', '9000'], { HOLDFAST_PORT: '7000' }, { port: 9000 }],
    [[], { HOLDFAST_PORT: '7000' }, { port: 7000 }],
    [[], { LANG: 'zh_CN.UTF-8' }, { language: 'zh-CN' }],
    [['--language', 'en'], { LANG: 'zh_CN.UTF-8' }, { language: 'en' }],
  ])('%j with %j gives %j', (argv, environment, expected) => {
    expect(readArguments(argv, environment, '/')).toMatchObject(expected);
  });

  it.each([
    [['--table', 'a.csv'], '--table and --mapping go together'],
    [['--example', '--extract', 'x'], '--table, --extract and --example do not go together'],
    [['--as-of', '2026-09'], '--as-of needs --table'],
    [['--table', 'a', '--mapping', 'b', '--as-of', 'May'], '"May" is not a month'],
    [['--port', '0'], '"0" is not a port'],
    [['--port', 'http'], '"http" is not a port'],
    [['--language', 'fr'], '--language is en or zh-CN'],
    [['--onec'], "Unknown option '--onec'"],
    [['table.csv'], 'Unexpected argument'],
  ])('%j is refused: %s', (argv, message) => {
    expect(() => readArguments(argv, {}, '/')).toThrow(message);
  });
});
