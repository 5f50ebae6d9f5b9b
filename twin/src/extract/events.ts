import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {
  INTEGER,
  UINTEGER,
  UTINYINT,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBVector,
} from '@duckdb/node-api';
import { CALL, KIND, NETWORK, type EventColumns } from '../behaviour/event-columns.js';
import type { WrittenFile } from '../table/table.js';

const CHUNK_ROWS = 2048;
/** Number of non-existent subscriptions, which have negative indexes. */
const ORPHAN_NUMBER = 99_999_999;

/** A column of the staging table: a typed array of the events, or one derived from it. */
interface Staged {
  name: string;
  type: DuckDBType;
  values: Uint32Array | Int32Array | Uint8Array;
}

/** Numbers in the identifiers of subscriptions, peers and cells. */
interface EventNumbers {
  subscription: (at: number) => number;
  peer: (peer: number) => number;
  cell: (cell: number) => number;
}

/**
 * Writes events as Parquet with DuckDB in one thread, so that equal events give equal bytes. Typed arrays are copied
 * into DuckDB's vectors; SQL formats the texts.
 */
export class EventFiles {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly numbers: EventNumbers,
  ) {}

  /** @param memoryMax such as `512MB` */
  static async open(numbers: EventNumbers, memoryMax: string): Promise<EventFiles> {
    const settings = { threads: '1', memory_limit: memoryMax, autoinstall_known_extensions: 'false' };
    const instance = await DuckDBInstance.create(':memory:', settings);
    return new EventFiles(instance, await instance.connect(), numbers);
  }

  /** @param relative path in the folder */
  async write(events: EventColumns, folder: string, relative: string): Promise<WrittenFile> {
    const file = path.join(folder, relative);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const staged = this.stage(events);
    const columns = staged.map(({ name, type }) => `${name} ${type.toString()}`).join(', ');
    await this.connection.run(`create or replace table staged (${columns})`);
    await this.append(staged, events.count);
    await this.connection.run(`copy (${SELECT}) to '${file.replaceAll("'", "''")}' (format parquet, compression zstd)`);
    await this.connection.run('drop table staged');
    const data = fs.readFileSync(file);
    const sha256 = createHash('sha256').update(data).digest('hex');
    return { table: 'events', path: relative, rows: events.count, bytes: data.length, sha256 };
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  private stage(events: EventColumns): Staged[] {
    const { count } = events;
    const { subscription, peer, cell } = this.numbers;
    const mapped = (values: Int32Array, numberOf: (value: number) => number): Int32Array => {
      const numbers = new Int32Array(count);
      for (let at = 0; at < count; at += 1) numbers[at] = values[at]! < 0 ? -1 : numberOf(values[at]!);
      return numbers;
    };
    const subscriptions = mapped(events.subscription, subscription);
    for (let at = 0; at < count; at += 1) {
      if (events.subscription[at]! < 0) subscriptions[at] = ORPHAN_NUMBER + events.subscription[at]!;
    }
    return [
      { name: 'moment', type: UINTEGER, values: events.moment },
      { name: 'subscription', type: INTEGER, values: subscriptions },
      { name: 'kind', type: UTINYINT, values: events.kind },
      { name: 'peer', type: INTEGER, values: mapped(events.peer, peer) },
      { name: 'peer_subscription', type: INTEGER, values: mapped(events.peerSubscription, subscription) },
      { name: 'network', type: UTINYINT, values: events.network },
      { name: 'is_hotline', type: UTINYINT, values: events.isHotline },
      { name: 'call_type', type: UTINYINT, values: events.callType },
      { name: 'duration_s', type: INTEGER, values: events.durationS },
      { name: 'volume_milli_mb', type: INTEGER, values: events.volumeMilliMb },
      { name: 'cell', type: INTEGER, values: mapped(events.cell, cell) },
    ];
  }

  private async append(staged: readonly Staged[], rows: number): Promise<void> {
    const appender = await this.connection.createAppender('staged');
    const types = staged.map(({ type }) => type);
    for (let from = 0; from < rows; from += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows - from);
      const chunk = DuckDBDataChunk.create(types, count);
      staged.forEach(({ values }, column) => fill(chunk.getColumnVector(column), values.subarray(from, from + count)));
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }
}

/** Copies all values into a vector. */
function fill(vector: DuckDBVector, values: Uint32Array | Int32Array | Uint8Array): void {
  // The library keeps the array private; its public setter costs a call per value.
  const { items } = vector as unknown as { items: Uint32Array };
  const target = new Uint8Array(items.buffer, items.byteOffset, items.byteLength);
  target.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  vector.flush();
}

function identifier(prefix: string, column: string): string {
  return `case when ${column} >= 0 then '${prefix}' || lpad(${column}::varchar, 8, '0') end`;
}

function named(column: string, codes: Record<string, number>): string {
  const cases = Object.entries(codes).map(([name, code]) => `when ${code} then '${name}'`);
  return `case ${column} ${cases.join(' ')} end`;
}

const VOICE = 'kind <= 1';
const SELECT = `
  select make_timestamp(moment::bigint * 1000000) as at,
    ${identifier('TS', 'subscription')} as subscription_id,
    ${named('kind', KIND)} as kind,
    ${identifier('TP', 'peer')} as peer,
    ${identifier('TS', 'peer_subscription')} as peer_subscription_id,
    ${named('network', NETWORK)} as peer_network,
    case is_hotline when 1 then 'rival_hotline' end as peer_service,
    ${named('call_type', CALL)} as call_type,
    case when ${VOICE} then duration_s end as duration_s,
    case kind when 4 then (volume_milli_mb / 1000)::decimal(12, 3) end as volume_mb,
    ${identifier('TL', 'cell')} as cell_id
  from staged`;
