import fs from 'node:fs';
import path from 'node:path';
import type { JetStreamManager } from '@nats-io/jetstream';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Client } from 'pg';

/** A place with personal data: a file, a stream or a column, with the text around it. */
interface Find {
  where: string;
  what: string;
}

/**
 * Looks for marked texts (a prefix of every key or name of a table) as bytes: in UTF-8, and as they look in a log or a
 * trace that escapes what is not ASCII.
 */
export class LeakSearch {
  private readonly patterns: { marker: string; bytes: Buffer }[];

  constructor(private readonly markers: readonly string[]) {
    this.patterns = markers.flatMap((marker) =>
      [...new Set([marker, escapedJson(marker), encodeURIComponent(marker)])].map((text) => ({
        marker,
        bytes: Buffer.from(text, 'utf8'),
      })),
    );
  }

  /** Files of a folder, or one file; folders below it are looked through as well. */
  inFiles(place: string): Find[] {
    const files = fs.statSync(place).isDirectory()
      ? fs.readdirSync(place, { recursive: true, encoding: 'utf8' }).map((name) => path.join(place, name))
      : [place];
    return files
      .filter((file) => fs.statSync(file).isFile())
      .flatMap((file) => [
        ...this.inBytes(file, fs.readFileSync(file)),
        ...this.inBytes(`the name of ${file}`, Buffer.from(path.relative(place, file))),
      ]);
  }

  inBytes(where: string, bytes: Uint8Array): Find[] {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.patterns.flatMap(({ marker, bytes: pattern }) => {
      let at = buffer.indexOf(pattern);
      while (at > 0 && isByChance(marker, buffer[at - 1]!)) at = buffer.indexOf(pattern, at + 1);
      return at < 0 ? [] : [{ where, what: buffer.subarray(Math.max(0, at - 60), at + 60).toString('utf8') }];
    });
  }

  /** All that the streams hold: subject, headers and payload of every message. Gives how many were looked at, too. */
  async inStreams(manager: JetStreamManager): Promise<{ messages: number; finds: Find[] }> {
    const finds: Find[] = [];
    let messages = 0;
    for await (const { config, state } of manager.streams.list()) {
      for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq += 1) {
        const message = await manager.streams.getMessage(config.name, { seq }).catch(() => null); // worked off meanwhile
        if (message === null) continue;
        messages += 1;
        const headers = message.header === undefined ? '' : JSON.stringify([...message.header]);
        const where = `${config.name} ${seq} ${message.subject}`;
        finds.push(
          ...this.inBytes(where, message.data),
          ...this.inBytes(where, Buffer.from(`${message.subject} ${headers}`)),
        );
      }
    }
    return { messages, finds };
  }

  /** Every column of every table of the given schemas that can hold a text. Gives how many were looked at, too. */
  async inSchemas(database: Client, schemas: readonly string[]): Promise<{ columns: number; finds: Find[] }> {
    const { rows: columns } = await database.query<{ schema: string; table: string; column: string; type: string }>(
      `select n.nspname as schema, c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_type t on t.oid = a.atttypid
       where n.nspname = any($1) and c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped
         and (t.typcategory in ('S', 'A', 'C') or t.typname in ('jsonb', 'json', 'bytea', 'xml'))
       order by 1, 2, 3`,
      [schemas],
    );
    const finds: Find[] = [];
    for (const { schema, table, column, type } of columns) {
      const name = [schema, table].map((each) => database.escapeIdentifier(each)).join('.');
      const value = database.escapeIdentifier(column);
      const holds =
        type === 'bytea'
          ? `position(convert_to(marker, 'UTF8') in ${value}) > 0`
          : `strpos(${value}::text, marker) > 0`;
      const { rows } = await database.query<{ count: string }>(
        `select count(*) from ${name}, unnest($1::text[]) marker where ${holds}`,
        [this.markers],
      );
      if (Number(rows[0]!.count) > 0)
        finds.push({ where: `${schema}.${table}.${column}`, what: `${rows[0]!.count} rows` });
    }
    return { columns: columns.length, finds };
  }

  /**
   * The texts in Parquet files, which are compressed, so that a search through their bytes would see nothing. Encrypted files
   * are omitted: other tests of the run import extracts, whose personal columns are in such.
   */
  async inParquet(folder: string): Promise<{ texts: number; finds: Find[] }> {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const finds: Find[] = [];
    let texts = 0;
    const names = fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.parquet'));
    for (const file of names.map((name) => path.join(folder, name)).filter((file) => !isEncrypted(file))) {
      const source = `read_parquet('${file.replaceAll("'", "''")}')`;
      const columns = (await connection.runAndReadAll(`describe select * from ${source}`)).getRowObjects();
      for (const { column_name: column } of columns) {
        const quoted = `"${String(column).replaceAll('"', '""')}"`;
        const values = await connection.runAndReadAll(
          `select distinct ${quoted}::varchar as value from ${source} where ${quoted} is not null`,
        );
        for (const [value] of values.getRows()) {
          texts += 1;
          finds.push(...this.inBytes(`${file} ${String(column)}`, Buffer.from(String(value), 'utf8')));
        }
      }
    }
    connection.closeSync();
    instance.closeSync();
    return { texts, finds };
  }
}

/** A Parquet file with an encrypted footer begins with other letters than one in clear. */
function isEncrypted(file: string): boolean {
  const bytes = Buffer.alloc(4);
  const opened = fs.openSync(file, 'r');
  fs.readSync(opened, bytes);
  fs.closeSync(opened);
  return bytes.toString('latin1') === 'PARE';
}

/** Digits occur by chance within times and ids; a number in a table begins with them. */
function isByChance(marker: string, byteBefore: number): boolean {
  return /^\d+$/.test(marker) && /[0-9a-f]/.test(String.fromCharCode(byteBefore));
}

function escapedJson(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
