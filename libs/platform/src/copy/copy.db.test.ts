import { Readable } from 'node:stream';
import fc from 'fast-check';
import { Database, rowsOf, type Transaction } from '../database/database.js';
import { BinaryRows, copyBinary, copyCsv, copyRows, type CopyRow } from './copy.js';

let database: Database;
beforeAll(async () => {
  const url = process.env['TEST_DATABASE_URL']!;
  database = await Database.open({ url, schema: 'public', applicationName: 'copy-test', poolMax: 2 });
});
afterAll(() => database.close());

const COLUMNS = 'text, number, whole, flag, bytes, at';

/** Runs in a transaction with an empty table `copied`. */
function withTable<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
  return database.transaction(async (tx) => {
    const sql = `create temporary table copied (ordinal int generated always as identity, text text, number float8,
        whole bigint,
      flag boolean, bytes bytea, at timestamptz) on commit drop`;
    await rowsOf(tx, sql);
    return work(tx);
  });
}

function storedRows(tx: Transaction): Promise<unknown[]> {
  return rowsOf(tx, `select ${COLUMNS} from copied order by ordinal`);
}

describe('rows', () => {
  it('arrive with the types of their columns', async () => {
    const at = new Date('2026-10-01T02:03:04.567Z');
    const rows: CopyRow[] = [
      ['a\\b\tc\nd\re', 1.5, 9_007_199_254_740_991, true, Buffer.from([0, 9, 10, 92, 255]), at],
      ['\\N', -0.1, 12n, false, new Uint8Array(0), at],
      ['', NaN, null, undefined, null, undefined],
    ];
    const stored = await withTable(async (tx) => {
      expect(await copyRows(tx, 'copied', COLUMNS, [rows.slice(0, 2), [], rows.slice(2)])).toBe(3);
      return storedRows(tx);
    });
    expect(stored).toEqual([
      { text: 'a\\b\tc\nd\re', number: 1.5, whole: '9007199254740991', flag: true, bytes: rows[0]![4], at },
      { text: '\\N', number: -0.1, whole: '12', flag: false, bytes: Buffer.alloc(0), at },
      { text: '', number: null, whole: null, flag: null, bytes: null, at: null },
    ]);
  });

  it('keep any text and number', async () => {
    const text = fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0'));
    const number = fc.double({ noNaN: true }).filter((each) => !Object.is(each, -0));
    const row = fc.tuple(text, number);
    await withTable(async (tx) => {
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1 }), async (rows) => {
          await rowsOf(tx, 'truncate copied');
          await copyRows(tx, 'copied', 'text, number', [rows]);
          const sql = 'select text, number from copied order by ordinal';
          const stored = await rowsOf<{ text: string; number: number }>(tx, sql);
          expect(stored.map(({ text: cell, number }) => [cell, number])).toEqual(rows);
        }),
        { numRuns: 20 },
      );
    });
  });

  it('arrive in any number', async () => {
    let produced = 0;
    async function* batches(): AsyncGenerator<CopyRow[]> {
      for (; produced < 200; produced += 1) {
        await Promise.resolve();
        yield Array.from({ length: 2_500 }, (_, row) => [`${produced}.${row} ${'x'.repeat(100)}`]);
      }
    }
    const stored = await withTable(async (tx) => {
      expect(await copyRows(tx, 'copied', 'text', batches())).toBe(500_000);
      return rowsOf(tx, 'select count(*)::int as rows, count(distinct text)::int as texts from copied');
    });
    expect(stored).toEqual([{ rows: 500_000, texts: 500_000 }]);
  });

  it('end with the error of their source, and the connection is free again', async () => {
    async function* failing(): AsyncGenerator<CopyRow[]> {
      yield [['a']];
      await Promise.resolve();
      throw new Error('source broke');
    }
    await expect(withTable((tx) => copyRows(tx, 'copied', 'text', failing()))).rejects.toThrow('source broke');
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('end with the error of the database', async () => {
    await expect(withTable((tx) => copyRows(tx, 'copied', 'whole', [[['no number']]]))).rejects.toThrow('bigint');
  });

  it('end when they are aborted', async () => {
    const abort = new AbortController();
    async function* endless(): AsyncGenerator<CopyRow[]> {
      for (let batch = 0; ; batch += 1) {
        if (batch === 10) abort.abort();
        yield [[String(batch)]];
        await new Promise(setImmediate);
      }
    }
    const copied = withTable((tx) => copyRows(tx, 'copied', 'text', endless(), abort.signal));
    await expect(copied).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('binary rows', () => {
  const withBinary = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      const sql = `create temporary table copied_binary (ordinal int generated always as identity, id uuid, small int2,
        number float8, amount numeric, bytes bytea, text text) on commit drop`;
      await rowsOf(tx, sql);
      return work(tx);
    });
  const chunksOf = function* (cells: readonly { id: string; small: number; number: number; text: string }[]) {
    const rows = new BinaryRows();
    for (const { id, small, number, text } of cells) {
      rows.row(6);
      rows.uuid(id);
      rows.int2(small);
      rows.float8(number);
      rows.numeric(number);
      rows.raw(Uint8Array.of(0, small & 255));
      rows.raw(Buffer.from(text));
      if (rows.isFull) yield rows.take();
    }
    yield rows.end();
  };
  const read = `select id, small, number, amount::text as amount, bytes, text from copied_binary order by ordinal`;

  it('arrive as the same values as those in text, numbers with the digits of their shortest text', async () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.integer().map((cents) => cents / 100),
      fc.constantFrom(0, 88.05, 1e-7, 1e21, 10_000, 0.5, 12_345.6, 100_000_000, 0.0001, Infinity, -Infinity),
    );
    const row = fc.record({
      id: fc.uuid(),
      small: fc.integer({ min: -32_768, max: 32_767 }),
      number: number.filter((each) => !Object.is(each, -0)),
      text: fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0')),
    });
    await withBinary(async (tx) => {
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1 }), async (rows) => {
          await rowsOf(tx, 'truncate copied_binary');
          await copyBinary(tx, 'copied_binary', 'id, small, number, amount, bytes, text', chunksOf(rows));
          const exact = 'select array(select each::numeric::text from unnest($1::text[]) as each) as amounts';
          const [{ amounts } = { amounts: [] }] = await rowsOf<{ amounts: string[] }>(tx, exact, [
            rows.map((each) => String(each.number)),
          ]);
          expect(await rowsOf(tx, read)).toEqual(
            rows.map(({ small, ...each }, at) => ({
              ...{ ...each, small, amount: amounts[at] },
              bytes: Buffer.from([0, small & 255]),
            })),
          );
        }),
        { numRuns: 50 },
      );
    });
  });

  it('arrive in any number; what is missing is NULL', async () => {
    function* chunks(): Generator<Buffer> {
      const rows = new BinaryRows();
      for (let at = 0; at < 100_000; at += 1) {
        rows.row(3);
        rows.null();
        rows.float8(at % 2 === 0 ? NaN : at);
        rows.numeric(NaN);
        if (rows.isFull) yield rows.take();
      }
      yield rows.end();
    }
    const stored = await withBinary(async (tx) => {
      await copyBinary(tx, 'copied_binary', 'id, number, amount', chunks());
      const sql = `select count(*)::int as rows, count(id)::int as ids, count(number)::int as numbers,
        count(amount)::int as amounts, sum(number) as sum from copied_binary`;
      return rowsOf(tx, sql);
    });
    expect(stored).toEqual([{ rows: 100_000, ids: 0, numbers: 50_000, amounts: 0, sum: 2_500_000_000 }]);
  });
});

it('CSV arrives with quotes, arrays and NULL', async () => {
  const csv = Readable.from(['a,"{1,NULL}"\n', '"x, ""y""",{}\n', ',\n']);
  await database.transaction(async (tx) => {
    await rowsOf(tx, 'create temporary table copied_csv (text text, numbers float8[]) on commit drop');
    await copyCsv(tx, 'copied_csv', csv);
    expect(await rowsOf(tx, 'select * from copied_csv')).toEqual([
      { text: 'a', numbers: [1, null] },
      { text: 'x, "y"', numbers: [] },
      { text: null, numbers: null },
    ]);
  });
});
