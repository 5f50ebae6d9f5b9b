const { nameOf, recordTimes } = require('./jest-times.cjs');

const SLOWEST = 10;

/** @typedef {import('@jest/reporters').AggregatedResult} AggregatedResult */

/**
 * Prints the slowest test files and, as the very last line, the run's result, `N passed, N failed[, N skipped]`, for
 * people and for .ci/run. With JEST_TIMES=write it records how long the files took.
 */
class ClosingLine {
  /** @param {unknown} _contexts  @param {AggregatedResult} result */
  onRunComplete(_contexts, result) {
    const times = timesOf(result);
    if (process.env['JEST_TIMES'] === 'write') recordTimes(times);
    // After the summary of the default reporter, which Jest prints once all onRunComplete have been called.
    process.once('exit', () => process.stdout.write(`${slowestFiles(times)}${closingLine(result)}\n`));
  }
}

/** Seconds by test file, the slowest first. @param {AggregatedResult} result  @returns {[string, number][]} */
function timesOf({ testResults }) {
  return testResults
    .filter(({ skipped }) => !skipped)
    .map((file) => /** @type {[string, number]} */ ([nameOf(file.testFilePath), file.perfStats.runtime / 1000]))
    .sort(([, left], [, right]) => right - left);
}

/** @param {[string, number][]} times */
function slowestFiles(times) {
  if (times.length <= SLOWEST) return '';
  const lines = times.slice(0, SLOWEST).map(([file, seconds]) => `${seconds.toFixed(1).padStart(7)} s  ${file}\n`);
  return `\nThe ${SLOWEST} slowest of ${times.length} test files:\n${lines.join('')}\n`;
}

/**
 * A file that could not even be loaded has no tests to count, and still must not look like success.
 * @param {{ numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites: number,
 *   numPendingTests: number, numTodoTests: number }} result
 */
function closingLine(result) {
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  const skipped = result.numPendingTests + result.numTodoTests;
  return `${result.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

module.exports = ClosingLine;
