import { Circuit } from './circuit.js';

describe('a circuit', () => {
  let nowMs: number;
  let circuit: Circuit;

  beforeEach(() => {
    nowMs = 0;
    circuit = new Circuit('/a.B/c', () => nowMs);
  });

  const isOpen = (): boolean => {
    try {
      circuit.admit();
      return false;
    } catch (thrown) {
      expect(thrown).toMatchObject({ kind: 'unavailable', key: 'service.hangs', retryAfterSeconds: 1 });
      return true;
    }
  };
  const timeOut = (times: number): void => {
    for (let time = 0; time < times; time += 1) circuit.timedOut();
  };

  it('opens after five timeouts in a row', () => {
    timeOut(4);
    expect(isOpen()).toBe(false);
    timeOut(1);
    expect(isOpen()).toBe(true);
  });

  it('counts from zero after an answer', () => {
    timeOut(4);
    circuit.answered();
    timeOut(4);
    expect(isOpen()).toBe(false);
  });

  it('lets one call a second through, whose answer closes it', () => {
    timeOut(5);
    nowMs = 1_001;
    expect([isOpen(), isOpen(), isOpen()]).toEqual([false, true, true]);
    circuit.answered();
    expect([isOpen(), isOpen()]).toEqual([false, false]);
  });

  it('stays open after a probe that times out, and probes again after one without a result', () => {
    timeOut(5);
    nowMs = 1_001;
    expect(isOpen()).toBe(false);
    nowMs = 1_500;
    timeOut(1);
    nowMs = 2_400;
    expect(isOpen()).toBe(true);
    nowMs = 2_501;
    expect(isOpen()).toBe(false);
    nowMs = 3_502;
    expect(isOpen()).toBe(false);
  });
});
