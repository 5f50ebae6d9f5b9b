/**
 * TypeScript of an OpenAPI 3.1 document: an interface per component, and the map `Operations` from `METHOD /path` to
 * request, response and line of its NDJSON answer. It supports the part of JSON Schema that zod writes and
 * throws on anything else.
 */

/** @typedef {Record<string, any>} Json */

const HEADER = `// Generated from the OpenAPI document of the gateway by tools/generate-client.mjs. DO NOT EDIT.

/** Types of the REST interface: the components of its OpenAPI document, and the operations by method and path. */
`;

/** @param {Json} document */
export function printTypes(document) {
  const components = Object.entries(document['components'].schemas).sort(([left], [right]) => (left < right ? -1 : 1));
  const operations = Object.entries(document['paths']).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => printOperation(method, path, operation)),
  );
  return [
    HEADER,
    ...components.map(([name, schema]) => printComponent(name, schema)),
    `export interface Operations {\n${operations.join('')}}\n`,
  ].join('\n');
}

/** @param {string} name  @param {Json} schema */
function printComponent(name, schema) {
  if (schema['enum'] !== undefined) return printWords(name, schema);
  const type = printType(schema, '', false);
  const declaration = type.startsWith('{') ? `interface ${name} ${type}` : `type ${name} = ${type};`;
  return `${comment(schema['description'], '')}export ${declaration}\n`;
}

/** A closed set as a value and as a type, so that clients need not write it again. @param {string} name  @param {Json} schema */
function printWords(name, schema) {
  const words = schema['enum'].map((/** @type {unknown} */ word) => `  ${literal(word)},\n`).join('');
  const value = `export const ${name} = [\n${words}] as const;\n`;
  return `${comment(schema['description'], '')}${value}export type ${name} = (typeof ${name})[number];\n`;
}

/** @param {string} method  @param {string} path  @param {Json} operation */
function printOperation(method, path, operation) {
  const [, success] = /** @type {[string, Json]} */ (
    Object.entries(operation['responses']).find(([status]) => status.startsWith('2'))
  );
  const { 'application/json': json, 'application/x-ndjson': lines } = success['content'] ?? {};
  const members = [
    ['request', printRequest(operation)],
    ['response', json === undefined ? 'undefined' : printType(json.schema, '    ', false)],
    ...(lines === undefined ? [] : [['line', printType(lines.schema, '    ', false)]]),
  ].map(([name, type]) => `    ${name}: ${type};\n`);
  const [scope] = operation['security'].flatMap((/** @type {Json} */ { oauth }) => oauth);
  const summary = `${operation['summary']}.${scope === undefined ? '' : ` Scope: ${scope}.`}`;
  return `${comment(summary, '  ')}  '${method.toUpperCase()} ${path}': {\n${members.join('')}  };\n`;
}

/** Parameters of path and query by name, and `body`. @param {Json} operation */
function printRequest({ parameters, requestBody }) {
  const own = parameters.filter((/** @type {Json} */ { in: place }) => place !== 'header');
  const names = own.map((/** @type {Json} */ { name }) => name);
  const repeated = [...names, 'body'].find((name, index, all) => all.indexOf(name) !== index);
  if (repeated !== undefined) throw new Error(`Two parts of a request have the name ${repeated}`);
  const body = Object.entries(requestBody?.content ?? {}).map(([contentType, { schema }]) =>
    // A form in a URL's encoding has the fields of the JSON.
    contentType === 'multipart/form-data' ? 'FormData' : printType(schema, '      ', true),
  );
  const members = [
    ...own.map((/** @type {Json} */ { name, required, description, schema }) =>
      printMember(name, { description, ...schema }, required, '      ', true),
    ),
    ...(body.length === 0 ? [] : [`      body: ${[...new Set(body)].join(' | ')};\n`]),
  ];
  return members.length === 0 ? '{}' : `{\n${members.join('')}    }`;
}

/**
 * @param {string} name
 * @param {Json} schema
 * @param {boolean} isRequired
 * @param {string} indent
 * @param {boolean} isInput  in requests, `undefined` is as good as absent
 */
function printMember(name, schema, isRequired, indent, isInput) {
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
  const type = printType(schema, indent, isInput);
  const absent = isInput ? ' | undefined' : '';
  return `${comment(schema['description'], indent)}${indent}${key}${isRequired ? `: ${type}` : `?: ${type}${absent}`};\n`;
}

/** @param {Json} schema  @param {string} indent  @param {boolean} isInput  @returns {string} */
function printType(schema, indent, isInput) {
  const { $ref: reference, const: constant, enum: values, anyOf, type } = schema;
  if (reference !== undefined) return reference.replace('#/components/schemas/', '');
  if (constant !== undefined) return literal(constant);
  if (values !== undefined) return union(values.map(literal));
  if (anyOf !== undefined) return union(anyOf.map((/** @type {Json} */ each) => printType(each, indent, isInput)));
  if (Array.isArray(type)) return union(type.map((each) => printType({ ...schema, type: each }, indent, isInput)));
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array': {
      const element = printType(schema['items'], indent, isInput);
      return element.includes(' | ') && !element.startsWith('{') ? `(${element})[]` : `${element}[]`;
    }
    case 'object':
      return printObject(schema, indent, isInput);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`Not a type of JSON Schema: ${JSON.stringify(schema)}`);
  }
}

/** @param {Json} schema  @param {string} indent  @param {boolean} isInput */
function printObject({ properties = {}, required = [], additionalProperties }, indent, isInput) {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, schema]) =>
    printMember(name, schema, required.includes(name), inner, isInput),
  );
  if (typeof additionalProperties === 'object') {
    const isMixed = members.length > 0;
    const type = isMixed ? 'unknown' : printType(additionalProperties, inner, isInput);
    members.push(`${inner}[name: string]: ${type};\n`);
  }
  return members.length === 0 ? '{}' : `{\n${members.join('')}${indent}}`;
}

/** @param {unknown} value */
function literal(value) {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value);
}

/** @param {string[]} types */
function union(types) {
  const isAnyText = types.includes('string');
  return [...new Set(types)].filter((type) => !(isAnyText && type.startsWith("'"))).join(' | ');
}

/** @param {string | undefined} text  @param {string} indent */
function comment(text, indent) {
  return text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '*\\/').replace(/\s*\n\s*/g, ' ')} */\n`;
}
