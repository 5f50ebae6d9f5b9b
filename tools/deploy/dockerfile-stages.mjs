import { DockerfileParser } from 'dockerfile-ast';

/**
 * A stage of a Dockerfile, with its instructions as one line each.
 * @typedef {{ name: string, from: string, instructions: string[] }} Stage
 */

/** @param {string} source  @returns {Stage[]} */
export function stagesOf(source) {
  /** @type {Stage[]} */
  const stages = [];
  const lines = source.split('\n');
  for (const instruction of DockerfileParser.parse(source).getInstructions()) {
    const { start, end } = instruction.getRange();
    const written = lines.slice(start.line, end.line + 1).filter((line) => !line.trimStart().startsWith('#'));
    const line = written.map((part) => part.replace(/\\$/, '').trim()).join(' ');
    const [keyword, from = '', , name = ''] = line.split(' ');
    if (keyword === 'FROM') stages.push({ name, from, instructions: [] });
    else stages.at(-1)?.instructions.push(line);
  }
  return stages;
}

/**
 * A stage with those that it is built on, the lowest first; empty where there is no such stage.
 * @param {readonly Stage[]} stages
 * @param {string} name
 * @returns {Stage[]}
 */
export function chainOf(stages, name) {
  const here = stages.find((each) => each.name === name);
  return here === undefined ? [] : [...chainOf(stages, here.from), here];
}
