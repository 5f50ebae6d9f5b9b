const { default: Sequencer } = require('@jest/test-sequencer');
const { nameOf, recordedTimes } = require('./jest-times.cjs');

/** These prepare what other tests wait for: the month of an operator and the shared system. */
const FIRST = ['e2e/month.e2e.test.ts', 'e2e/first-table.e2e.test.ts'];

/** Starts the longest files first, so that the workers end together; files without a recorded time in Jest's order. */
class LongestFirst extends Sequencer {
  #times = recordedTimes();

  /** @override @param {import('@jest/test-result').Test[]} tests */
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((left, right) => this.#weightOf(right) - this.#weightOf(left));
  }

  /** @param {import('@jest/test-result').Test} test */
  #weightOf(test) {
    const name = nameOf(test.path);
    return FIRST.includes(name) ? Number.MAX_SAFE_INTEGER - FIRST.indexOf(name) : (this.#times[name] ?? 0);
  }
}

module.exports = LongestFirst;
