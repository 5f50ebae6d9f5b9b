/**
 * A view of a value that notes which members are read: what a check has not read, it does not have in its schema.
 * @param {object} value
 * @returns {{ object: any, unread: () => string[] }}  paths such as `/spec/replicas`
 */
export function watched(value) {
  /** @type {Set<string>} */
  const read = new Set();
  return { object: viewOf(value, '', read), unread: () => unreadIn(value, '', read) };
}

/** @param {any} value  @param {string} path  @param {Set<string>} read  @returns {any} */
function viewOf(value, path, read) {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return Reflect.get(target, key);
      const place = `${path}/${key}`;
      read.add(place);
      return viewOf(target[key], place, read);
    },
  });
}

/** The outermost places only. @param {any} value  @param {string} path  @param {Set<string>} read  @returns {string[]} */
function unreadIn(value, path, read) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const place = `${path}/${key}`;
    return read.has(place) ? unreadIn(value[key], place, read) : [place];
  });
}
