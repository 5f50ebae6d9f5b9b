import { SharedResults } from './shared-results.js';

describe('shared results', () => {
  const shared = () => {
    const results = new SharedResults<{ at: number }>(10);
    const computations: { signal: AbortSignal; end: (result: { at: number }) => void; fail: (error: Error) => void }[] =
      [];
    const get = (key: string, signal?: AbortSignal): Promise<{ at: number }> =>
      results.get(key, signal, (stop) => {
        return new Promise((end, fail) => computations.push({ signal: stop, end, fail }));
      });
    return { get, computations };
  };

  it('are computed once for concurrent and later callers', async () => {
    const { get, computations } = shared();
    const both = [get('a'), get('a')];
    computations[0]!.end({ at: 1 });
    expect(await Promise.all([...both, get('a')])).toEqual([{ at: 1 }, { at: 1 }, { at: 1 }]);
    expect(computations).toHaveLength(1);
  });

  it('are computed for each key', async () => {
    const { get, computations } = shared();
    const both = [get('a'), get('b')];
    computations.forEach(({ end }, at) => end({ at }));
    expect(await Promise.all(both)).toEqual([{ at: 0 }, { at: 1 }]);
  });

  it('are not kept after a failure', async () => {
    const { get, computations } = shared();
    const first = get('a');
    computations[0]!.fail(new Error('no space'));
    await expect(first).rejects.toThrow('no space');
    const second = get('a');
    computations[1]!.end({ at: 2 });
    expect(await second).toEqual({ at: 2 });
  });

  it('are stopped when all callers have gone, and computed again for the next one', async () => {
    const { get, computations } = shared();
    const [one, other] = [new AbortController(), new AbortController()];
    const both = [get('a', one.signal), get('a', other.signal)];
    one.abort();
    expect(computations[0]!.signal.aborted).toBe(false);
    other.abort();
    expect(computations[0]!.signal.aborted).toBe(true);
    const next = get('a');
    computations[0]!.fail(new Error('stopped'));
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    computations[1]!.end({ at: 3 });
    expect(await next).toEqual({ at: 3 });
    expect(await get('a')).toEqual({ at: 3 });
  });
});
