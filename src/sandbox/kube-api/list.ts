import { parseContinue, writeContinue } from './continue.ts';
import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';
import { type ListOptions, listOptions } from './list-options.ts';
import type { KubeObject } from './object.ts';
import type { Api, ResourceRequest } from './request.ts';
import { badRequest, expired, tooLargeResourceVersion } from './status.ts';
import type { Stored } from './store.ts';

export interface ObjectList {
  readonly items: readonly Stored[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continueToken: string;
  readonly remainingItemCount?: number;
}

/** GET of a collection. */
export function list(api: Api, request: ResourceRequest): ObjectList {
  const options = listOptions(request, 'list');
  const isSelected = selector(request);
  const { objects, version, start } = snapshot(api, request, options);
  const rest = objects.filter(({ key, object }) => key >= start && isSelected(object));
  const items = options.limit === 0 ? rest : rest.slice(0, options.limit);
  const last = items.at(-1);
  const left = rest.length - items.length;
  if (last === undefined || left === 0) return { items, resourceVersion: String(version), continueToken: '' };

  const continueToken = writeContinue(request, version, last.key);
  const isCounted = !request.query.get('labelSelector') && !request.query.get('fieldSelector');
  const remainingItemCount = isCounted ? { remainingItemCount: left } : {};
  return { items, resourceVersion: String(version), continueToken, ...remainingItemCount };
}

/** The current objects in the request's namespace that match its selectors. */
export function selected(api: Api, request: ResourceRequest): readonly Stored[] {
  const isSelected = selector(request);
  return api.store.all(request.kind).filter(({ object }) => isSelected(object));
}

/** Whether an object is in the request's namespace and matches its selectors. */
export function selector({ kind, namespace, query }: ResourceRequest): (object: KubeObject) => boolean {
  const hasFields = parseFieldSelector(kind, query.get('fieldSelector') ?? '');
  const hasLabels = parseLabelSelector(query.get('labelSelector') ?? '');
  return (object) =>
    (namespace === '' || object.metadata.namespace === namespace) &&
    hasLabels(object.metadata.labels ?? {}) &&
    hasFields(object);
}

interface Snapshot {
  readonly objects: readonly Stored[];
  readonly version: number;
  /** The first key of the page. */
  readonly start: string;
}

function snapshot(api: Api, request: ResourceRequest, options: ListOptions): Snapshot {
  const { store } = api;
  if (options.continueToken !== '') return nextPage(api, request, options);

  const { resourceVersion = 0, resourceVersionMatch, limit } = options;
  if (resourceVersion > store.version) throw tooLargeResourceVersion(resourceVersion, store.version);
  // With a limit, a resourceVersion means exactly that version. This is how clients page over one state.
  const isExact = resourceVersionMatch === 'Exact' || (limit > 0 && resourceVersionMatch === '' && resourceVersion > 0);
  if (!isExact) return { objects: store.all(request.kind), version: store.version, start: '' };

  if (resourceVersion < store.knownSince) throw expired('The resourceVersion for the provided list is too old.');
  return { objects: store.allAt(request.kind, resourceVersion), version: resourceVersion, start: '' };
}

function nextPage({ store }: Api, request: ResourceRequest, options: ListOptions): Snapshot {
  const { version, start } = parseContinue(request, options.continueToken);
  if (options.resourceVersion) throw badRequest('specifying resource version is not allowed when using continue');
  // A token with version -1 continues with the current state. The answer to an expired token contains one.
  if (version < 0) return { objects: store.all(request.kind), version: store.version, start };
  if (version >= store.knownSince) return { objects: store.allAt(request.kind, version), version, start };
  throw expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    writeContinue(request, -1, start.replace('\u0000', '')),
  );
}
