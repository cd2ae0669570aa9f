import type { KubeClient, Resource } from './client/kube-client.ts';
import { NotFoundError } from './client/kube-errors.ts';

/** An object as the API server has it now; undefined if it does not exist. */
export async function getLive(
  client: KubeClient,
  resource: Resource,
  namespace: string,
  name: string,
): Promise<unknown> {
  try {
    return await client.get(resource, namespace, name);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
