export default async function stopServersForTests() {
  await globalThis.stopServersForTests?.();
}
