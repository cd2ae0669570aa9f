/**
 * How long this thread's processor works on one call, in ms: what else runs on the machine does not count. The kernel counts in steps of
 * some milliseconds, so a short call is made many `times`.
 */
export function processorMs(act: () => unknown, { times = 1 } = {}): number {
  const before = process.threadCpuUsage();
  for (let time = 0; time < times; time += 1) act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / times;
}
