import { clustersIn } from '../../domain/language/clusters.ts';
import type { TypedService } from '../../domain/language/command.ts';

import type { ServiceName } from '../../domain/routing/names.ts';
import { type Desk, nameOf } from '../desk.ts';

/** The service that is meant, in each cluster that is named, in order. */
export async function namesTyped(
  desk: Pick<Desk, 'mesh' | 'namespace' | 'log'>,
  typed: TypedService,
): Promise<readonly [ServiceName, ...ServiceName[]]> {
  const [first, ...more] = clustersIn(typed.cluster);
  const nameIn = (cluster: string | undefined) => nameOf(desk, { ...typed, cluster });
  return [await nameIn(first), ...(await Promise.all(more.map(nameIn)))];
}
