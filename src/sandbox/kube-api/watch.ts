import { apiVersion } from './kinds.ts';
import { selector } from './list.ts';
import { listOptions } from './list-options.ts';
import type { JsonObject, KubeObject } from './object.ts';
import { acceptedForm, served } from './representation.ts';
import type { Api, ResourceRequest } from './request.ts';
import { expired } from './status.ts';
import type { StoreEvent } from './store.ts';
import { partialObject, table } from './table.ts';

/** Where a watch writes; `end` is called once, by the watch. */
export interface WatchSink {
  write(event: JsonObject): void;
  end(): void;
}

export interface WatchLimits {
  readonly bookmarkIntervalMs: number;
  /** How long a watch lasts if its client does not say. */
  readonly timeoutMs: number;
}

/** Reads a watch's options; throws if they are invalid. The returned function starts the watch, and returns a function that stops it. */
export function prepareWatch(api: Api, request: ResourceRequest, limits: WatchLimits): (sink: WatchSink) => () => void {
  const options = listOptions(request, 'watch');
  const isSelected = selector(request);
  const show = showAs(request);
  return (sink) => {
    const { resourceVersion = 0 } = options;
    if (resourceVersion > 0 && !options.sendInitialEvents && resourceVersion < api.store.knownSince) {
      const error = expired(`too old resource version: ${resourceVersion} (${api.store.knownSince})`);
      sink.write({ type: 'ERROR', object: error.status });
      sink.end();
      return () => undefined;
    }
    const watch = new Watch(api, request, sink, { isSelected, show, bookmarks: options.allowWatchBookmarks });
    watch.begin(resourceVersion, options.sendInitialEvents);
    const timeoutMs = options.timeoutSeconds ? options.timeoutSeconds * 1000 : limits.timeoutMs;
    return watch.run({ ...limits, timeoutMs });
  };
}

interface WatchView {
  readonly isSelected: (object: KubeObject) => boolean;
  readonly show: (object: KubeObject) => JsonObject;
  readonly bookmarks: boolean;
}

class Watch {
  readonly #api: Api;
  readonly #request: ResourceRequest;
  readonly #sink: WatchSink;
  readonly #view: WatchView;
  #after = 0;

  constructor(api: Api, request: ResourceRequest, sink: WatchSink, view: WatchView) {
    this.#api = api;
    this.#request = request;
    this.#sink = sink;
    this.#view = view;
  }

  /** Sends the existing objects as ADDED, or the events since a resourceVersion. */
  begin(resourceVersion: number, sendInitialEvents: boolean): void {
    const { store } = this.#api;
    if (resourceVersion === 0 || sendInitialEvents) {
      for (const { object } of store.all(this.#request.kind)) {
        if (this.#view.isSelected(object)) this.#send('ADDED', object);
      }
      this.#after = store.version;
      if (sendInitialEvents && this.#view.bookmarks) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
      return;
    }
    this.#after = resourceVersion;
    for (const event of store.since(resourceVersion)) this.#follow(event);
  }

  /** Follows the store until the timeout, or until the returned function is called. */
  run({ bookmarkIntervalMs, timeoutMs }: WatchLimits): () => void {
    const unwatch = this.#api.store.watch((event) => this.#follow(event));
    const ticking = this.#view.bookmarks ? setInterval(() => this.#bookmark(), bookmarkIntervalMs) : undefined;
    const stop = () => {
      unwatch();
      clearInterval(ticking);
      clearTimeout(ending);
    };
    const ending = setTimeout(() => {
      stop();
      this.#sink.end();
    }, timeoutMs);
    return stop;
  }

  /** For this watcher, an object that starts to match the selectors is ADDED, and one that stops matching is DELETED. */
  #follow({ kind, type, stored, previous, resourceVersion }: StoreEvent): void {
    if (kind !== this.#request.kind || resourceVersion <= this.#after) return;
    const was = previous !== undefined && this.#view.isSelected(previous.object);
    const is = type !== 'DELETED' && this.#view.isSelected(stored.object);
    if (is) this.#send(was ? 'MODIFIED' : 'ADDED', stored.object);
    else if (was)
      this.#send('DELETED', {
        ...previous.object,
        metadata: { ...previous.object.metadata, resourceVersion: String(resourceVersion) },
      });
  }

  #send(type: string, object: KubeObject): void {
    this.#sink.write({ type, object: this.#view.show(object) });
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { kind, version } = this.#request;
    const resourceVersion = String(this.#api.store.version);
    const metadata = { ...(annotations === undefined ? {} : { annotations }), resourceVersion };
    const object = { apiVersion: apiVersion(kind, version), kind: kind.kind, metadata };
    this.#sink.write({ type: 'BOOKMARK', object });
  }
}

/** A watch of tables sends the columns once, with the first row. */
function showAs(request: ResourceRequest): (object: KubeObject) => JsonObject {
  const form = acceptedForm(request.accept);
  if (form === 'partial') return partialObject;
  if (form !== 'table') return (object) => served(request, object);

  let isFirst = true;
  return (object) => {
    const { resourceVersion } = object.metadata;
    const include = request.query.get('includeObject') ?? 'Metadata';
    const { columnDefinitions, ...rest } = table(request.kind, [object], { resourceVersion }, include);
    const columns = isFirst ? columnDefinitions : null;
    isFirst = false;
    return { ...rest, columnDefinitions: columns };
  };
}
