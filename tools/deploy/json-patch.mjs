/**
 * @typedef {object} Operation  of a JSON patch (RFC 6902)
 * @property {'add' | 'remove' | 'replace'} op
 * @property {string} path
 * @property {unknown} [value]
 */

/**
 * Applies a JSON patch in place: add, remove and replace of members, add and replace of elements.
 * @param {any} target
 * @param {readonly Operation[]} operations
 * @throws an Error where a place does not exist
 */
export function applyJsonPatch(target, operations) {
  for (const { op, path, value } of operations) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop();
    const parent = steps.reduce((node, step) => (isNode(node) ? node[step] : undefined), target);
    if (last === undefined || !isNode(parent)) throw new Error(`${op} ${path}: there is no such place`);
    if (op !== 'add' && !Object.hasOwn(parent, last)) throw new Error(`${op} ${path}: there is no such place`);
    if (op === 'remove') {
      if (Array.isArray(parent)) parent.splice(Number(last), 1);
      else delete parent[last];
    } else if (op === 'add' && Array.isArray(parent)) {
      parent.splice(last === '-' ? parent.length : Number(last), 0, value);
    } else if (op === 'add' || op === 'replace') parent[last] = value;
    else throw new Error(`${String(op)} is not an operation that is used here`);
  }
}

/** @param {any} value */
function isNode(value) {
  return typeof value === 'object' && value !== null;
}
