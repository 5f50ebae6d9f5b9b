/**
 * Three projects in one run: `unit` (pure), `db` (a real PostgreSQL and NATS, see tools/jest-global-setup.mjs) and
 * `e2e` (the whole system). swc turns everything into CommonJS, packages that ship only ES modules included: three
 * times faster than Jest on real ES modules, whose cost is loading the framework anew for every test file.
 */

const os = require('node:os');
const path = require('node:path');
const { folderOnDisk, useMemoryForTemporaryFiles } = require('./tools/jest-temporary-folder.cjs');

/** Transformed sources are kept from one run to the next, also those of other checkouts. */
const cacheDirectory = path.join(folderOnDisk(), `holdfast-jest-${os.userInfo().uid}`);
useMemoryForTemporaryFiles();

/** Packages that can only be imported, not required. Add here what fails with "Cannot use import statement". */
const esmOnlyPackages = [
  '@nestjs/(?:common|core|mapped-types|platform-fastify|testing|swagger)',
  '@borewit/text-codec',
  '@tokenizer/inflate',
  'commander',
  'content-disposition',
  'cookie',
  'csv-parse',
  'file-type',
  'jose',
  'lru-cache',
  'pure-rand',
  'strtok3',
  'token-types',
  'uint8array-extras',
  'yaml',
  'zod',
];

/** @param {'typescript' | 'ecmascript'} syntax */
function swc(syntax) {
  return [
    '@swc/jest',
    {
      swcrc: false,
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
      jsc: {
        target: 'es2023',
        keepClassNames: true,
        parser: syntax === 'typescript' ? { syntax, decorators: true } : { syntax },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      },
    },
  ];
}

const common = {
  rootDir: __dirname,
  cacheDirectory,
  testEnvironment: 'node',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json'],
  modulePathIgnorePatterns: [
    '<rootDir>/(?:libs|services)/[^/]+/dist/',
    '<rootDir>/(?:cli|twin)/dist/',
    '<rootDir>/\\.holdfast',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/\\.holdfast'],
  moduleNameMapper: {
    '^@holdfast/contracts/grpc/(.*)$': '<rootDir>/libs/contracts/src/gen/grpc/$1.ts',
    '^@holdfast/contracts/(.*)$': '<rootDir>/libs/contracts/src/gen/holdfast/$1.ts',
    '^@holdfast/platform/(.*)$': '<rootDir>/libs/platform/src/$1/$1.ts',
    '^@holdfast/(client|extract-contract|learning|testing)/(.*)$': '<rootDir>/libs/$1/src/$2.ts',
    '^@holdfast/cli/(.*)$': '<rootDir>/cli/src/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1', // the sources say .js, as Node wants it; the file is a .ts
  },
  transform: { '^.+\\.ts$': swc('typescript'), '^.+\\.m?js$': swc('ecmascript') },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esmOnlyPackages.join('|')})/)`],
  setupFiles: ['reflect-metadata'],
  sandboxInjectedGlobals: ['Math'], // simulation and learning take half the time: a sandbox's global is slow to read
};

const sources = '<rootDir>/{libs,services,cli,twin,tools,examples,bench}/**';

module.exports = {
  maxWorkers: 2,
  testTimeout: 60_000, // a hung test ends here; none is meant to take long
  workerIdleMemoryLimit: '700MB',
  testSequencer: '<rootDir>/tools/jest-sequencer.cjs',
  reporters: ['default', '<rootDir>/tools/jest-closing-line.cjs'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [`${sources}/*.test.ts`],
      testPathIgnorePatterns: [...common.testPathIgnorePatterns, '\\.db\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'db',
      testMatch: [`${sources}/*.db.test.ts`],
      globalSetup: '<rootDir>/tools/jest-global-setup.mjs',
      globalTeardown: '<rootDir>/tools/jest-global-teardown.mjs',
    },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/e2e/**/*.e2e.test.ts'],
      // Months in homes of their own take minutes: `npm run repeat` asks for them, chaos-month compares two.
      testPathIgnorePatterns: [
        ...common.testPathIgnorePatterns,
        ...(process.env.E2E_REPEAT_ROUNDS === undefined ? ['/e2e/repeat\\.'] : []),
        ...(process.env.FUZZ_REQUESTS === undefined ? ['/e2e/fuzz\\.'] : []),
        ...(process.env.E2E_CHAOS_ROUNDS === undefined ? ['/e2e/chaos-outage\\.'] : []),
      ],
      globalSetup: '<rootDir>/e2e/support/global-setup.mjs',
      globalTeardown: '<rootDir>/e2e/support/global-teardown.mjs',
    },
  ],
};
