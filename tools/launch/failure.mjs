/**
 * A failure whose message is written for the person at the keyboard: what failed and what to do about it.
 * The commands print the message without a stack and exit with 1; every other error is a defect and keeps its stack.
 */
export class StartFailure extends Error {
  /** @param {string} message  @param {{ cause?: unknown }} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = 'StartFailure';
  }
}

/**
 * Turns what a server wrote before it died into something to act on.
 * @param {string} program  name of the server, as the person knows it
 * @param {string} output  the end of its standard error
 */
export function serverFailure(program, output) {
  const detail = output.trim().split('\n').slice(-8).join('\n');
  return new StartFailure(`${program} did not start: ${remedy(output)}\n${detail}`);
}

/** @param {string} output */
function remedy(output) {
  if (/no space left on device|disk quota exceeded/i.test(output)) return 'the disk is full. Free some space.';
  if (/address already in use|could not bind/i.test(output)) return 'its port was taken meanwhile. Try again.';
  if (/permission denied|operation not permitted/i.test(output)) {
    return 'it may not use its folder. Set HOLDFAST_HOME to a folder that it can write.';
  }
  if (/lock file .* already exists|is another postmaster/i.test(output)) {
    return 'another server already uses the same folder. Stop it, or set HOLDFAST_HOME to another folder.';
  }
  if (/incompatible|was initialized by/i.test(output)) {
    return 'its files were written by another version. Move the folder away, or set HOLDFAST_HOME to another one.';
  }
  return 'its output:';
}
