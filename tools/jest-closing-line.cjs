/** Prints the run's result as its very last line, `N passed, N failed[, N skipped]`, for people and for .ci/run. */
class ClosingLine {
  /** @param {unknown} _contexts  @param {import('@jest/reporters').AggregatedResult} result */
  onRunComplete(_contexts, result) {
    // After the summary of the default reporter, which Jest prints once all onRunComplete have been called.
    process.once('exit', () => process.stdout.write(`${closingLine(result)}\n`));
  }
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
