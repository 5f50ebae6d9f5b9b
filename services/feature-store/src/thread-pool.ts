/**
 * Sizes the thread pool of libuv, which reads this variable at its first use: this is the first import of main.ts. A query
 * of DuckDB occupies a thread of the pool until it ends; with the default of four, files, names and keys wait behind queries.
 * 6 for interactive and 3 for bulk reads (engine/lanes.ts), 2 for a job of each of the 4 kinds, and 7 for everything else.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '24';

export {};
