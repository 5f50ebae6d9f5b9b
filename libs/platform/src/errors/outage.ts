/**
 * Errors whose cause passes without a change of the input: a server that is away or overloaded, a full disk, a lost
 * connection, a conflict between transactions. Everything else is a defect or invalid input.
 */

/** SQLSTATE of PostgreSQL: connection, resources, shutdown, serialisation, deadlock, lock, cancelled statement. */
const SQLSTATE = /^(08...|53...|57P0[1235]|57014|40001|40P01|55P03|25P03)$/;

const ERRNO = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'],
  ...['EAI_AGAIN', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'ENFILE'],
]);

/**
 * Of NATS: no answer, no connection, JetStream without a leader, or a server of a cluster that does not know yet what
 * another one has created; a service creates what it uses.
 */
const NATS = new Set([
  ...['TimeoutError', 'NoRespondersError', 'ClosedConnectionError', 'DrainingConnectionError', 'ConnectionError'],
  ...['RequestError', 'JetStreamNotEnabled', 'StreamNotFoundError', 'ConsumerNotFoundError'],
]);
/** Status of a JetStream answer: out of resources, or no leader. */
const JETSTREAM_UNAVAILABLE = 503;

/** Drivers give no code for these: pg for a lost connection, DuckDB for every error of the operating system. */
const MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|no space left on device|disk quota exceeded|file too large|too many open files|failed to offload data block/i;

const CAUSES_MAX = 8;

/** What drivers put on their errors. */
interface DriverError {
  name?: unknown;
  message?: unknown;
  code?: unknown;
  /** Of JetStream. */
  status?: unknown;
  /** Of TypeORM. */
  driverError?: unknown;
  cause?: unknown;
  /** Of an AggregateError. */
  errors?: unknown;
}

/** Whether an error, or what caused it, is an outage. */
export function isOutage(thrown: unknown, causesMax = CAUSES_MAX): boolean {
  if (typeof thrown !== 'object' || thrown === null || causesMax === 0) return false;
  const { name, message, code, status, driverError, cause, errors } = thrown as DriverError;
  if (typeof code === 'string' && (SQLSTATE.test(code) || ERRNO.has(code))) return true;
  if (typeof name === 'string' && NATS.has(name)) return true;
  if (name === 'JetStreamApiError' && status === JETSTREAM_UNAVAILABLE) return true;
  if (typeof message === 'string' && MESSAGE.test(message)) return true;
  const parts: unknown[] = Array.isArray(errors) ? errors : [];
  return [driverError, cause, ...parts].some((part) => isOutage(part, causesMax - 1));
}
