import { DebianPackageError, defaultCacheFolder, fetchDebianPackages } from '../../src/sandbox/debian-package.ts';
import { findPrometheus, type PrometheusBinary } from '../../src/sandbox/prometheus-server.ts';

/** A real Prometheus, downloaded if possible. Without one, the tests that need it are skipped, by name. */
export async function realPrometheus(): Promise<PrometheusBinary | undefined> {
  const source = await findPrometheus();
  if (source.kind === 'missing') return undefined;
  if (source.kind === 'here') return source.binary;
  try {
    await fetchDebianPackages(['prometheus'], { cacheFolder: defaultCacheFolder() });
  } catch (error) {
    if (error instanceof DebianPackageError) return undefined;
    throw error;
  }
  return realPrometheus();
}
