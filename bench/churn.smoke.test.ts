/** The benches of learning at tiny sizes, so that they cannot rot. They run as their user runs them: compiled. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const runner = path.join(__dirname, 'run.mjs');

function bench(...args: string[]): { status: number | null; stderr: string; lastLine: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [runner, ...args], { encoding: 'utf8' });
  return { status, stderr, lastLine: stdout.trim().split('\n').at(-1) ?? '' };
}

test.each(['churn-training', 'churn-scoring', 'churn-quality', 'explain', 'month-training'])(
  '%s runs without its peer',
  (name) => {
    const { lastLine, stderr } = bench(name, '--tiny', '--without-peer');
    expect(stderr).toBe('');
    expect(JSON.parse(lastLine)).toMatchObject({ bench: name, ratio: null, n: 1 });
  },
);

test.each(['churn-training', 'churn-scoring', 'churn-quality', 'explain'])(
  '%s compares with its peer, or names what to install',
  (name) => {
    const { status, lastLine, stderr } = bench(name, '--tiny');
    expect([0, 3]).toContain(status);
    expect(status === 0 ? lastLine : stderr).toMatch(
      status === 0 ? /"ratio":[{\d]/ : /apt-get install python3-xgboost/,
    );
  },
);

test('an unknown name gets the list of benches', () => {
  const { status, stderr } = bench('churn');
  expect(status).toBe(2);
  expect(stderr).toContain('churn-quality, churn-scoring, churn-training, events, explain');
});
