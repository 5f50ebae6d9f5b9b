/** Set by the global set-up of the project `db`, called by its tear-down: both run in the same process. */
// oxlint-disable-next-line no-var -- only `var` declares a property of globalThis
declare var stopServersForTests: (() => Promise<void>) | undefined;
