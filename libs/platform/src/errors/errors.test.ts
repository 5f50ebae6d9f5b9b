import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { fromStatus, toStatus } from '../grpc/failure-wire.js';
import { FAILURE_KINDS, Failure, asFailure, failure } from './errors.js';

const tooMany = failure('limited', 'list.tooMany', {
  en: '{count} of at most {max}.',
  'zh-CN': '{count} 条，上限 {max}。',
});

const serviceError = (received: Partial<StatusObject>): ServiceError =>
  Object.assign(new Error(), { code: status.UNKNOWN, details: '', metadata: new Metadata() }, received);

describe('failures', () => {
  it('fill their texts in both languages', () => {
    const thrown = tooMany({ count: 7, max: 5 });
    expect(thrown.text).toEqual({ en: '7 of at most 5.', 'zh-CN': '7 条，上限 5。' });
    expect(thrown.message).toBe('7 of at most 5.');
  });

  it.each(FAILURE_KINDS)('of kind %s cross the wire whole', (kind) => {
    const field = { pointer: '/key', key: 'key.missing', text: { en: 'Missing.', 'zh-CN': '缺失。' } };
    const sent = new Failure(
      kind,
      'some.key',
      { en: 'Text.', 'zh-CN': '文。' },
      { fields: [field], retryAfterSeconds: 3 },
    );
    const received = fromStatus(serviceError(toStatus(sent)));
    expect(received).toMatchObject({ kind, key: 'some.key', text: sent.text, fields: [field], retryAfterSeconds: 3 });
  });

  it('hide the message of a foreign error, but keep it as the cause', () => {
    const foreign = new Error('duplicate key (customer)=(7590-VHVEG)');
    const shown = asFailure(foreign);
    expect(JSON.stringify(toStatus(foreign).metadata!.toJSON())).not.toContain('VHVEG');
    expect(shown).toMatchObject({ kind: 'internal', cause: foreign });
  });

  it('of a connection that broke may be tried again', () => {
    expect(fromStatus(serviceError({ code: status.UNAVAILABLE }))).toMatchObject({
      kind: 'unavailable',
      retryAfterSeconds: 1,
    });
  });
});
